// SPDX-License-Identifier: Apache-2.0

/// The media types a client would take, from its `Accept` header (RFC 9110 section 12.5.1).
struct AcceptHeader {
    /// A media range and its weight.
    private struct Range {
        var type: String
        var subtype: String
        var weight: Double
    }

    private var ranges: [Range]

    /// Reads the header's value; `nil` or an empty one takes anything.
    ///
    /// A weight that is not a number counts as 1; parameters other than `q` are not compared.
    init(_ value: String?) {
        ranges = (value ?? "").split(separator: ",")
            .compactMap { element in
                let parts = element.split(separator: ";").map { Self.trimmed($0).lowercased() }
                guard let names = parts.first?.split(separator: "/", omittingEmptySubsequences: false), names.count == 2
                else { return nil }
                let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
                return Range(type: String(names[0]), subtype: String(names[1]), weight: weight ?? 1)
            }
        if ranges.isEmpty { ranges = [Range(type: "*", subtype: "*", weight: 1)] }
    }

    /// The offer with the greatest weight, the first of equals; `nil` if the client takes none of them.
    ///
    /// - Parameter offers: Media types in lower case without parameters, the server's preference first.
    func best(of offers: [String]) -> String? {
        var best: (offer: String, weight: Double)?
        for offer in offers {
            let weight = weight(of: offer)
            if weight > (best?.weight ?? 0) { best = (offer, weight) }
        }
        return best?.offer
    }

    /// The weight that the most specific matching range gives to `offer`; 0 if none matches.
    private func weight(of offer: String) -> Double {
        let names = offer.split(separator: "/")
        var found = (specificity: -1, weight: 0.0)
        for range in ranges {
            let specificity: Int
            switch (range.type, range.subtype) {
            case ("*", "*"): specificity = 0
            case (String(names[0]), "*"): specificity = 1
            case (String(names[0]), String(names[1])): specificity = 2
            default: continue
            }
            if specificity > found.specificity { found = (specificity, range.weight) }
        }
        return found.weight
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
