// SPDX-License-Identifier: Apache-2.0
import Foundation
import Queries
import TestSupport

/// A random price book as text and as the plain facts that an independent calculation needs.
struct RandomPriceBook {
    /// One price of one line.
    struct Dated {
        var start: Int64
        var end: Int64
        /// Bytes in the unit.
        var unit: Decimal
        /// Where each tier begins, in bytes, and its price.
        var tiers: [(above: UInt64, price: Decimal)]
    }

    struct Line {
        var name: String
        var charge: String
        var egress: Bool
        var ingress: Bool
        var values: [String: [String]]
        var exceptions: [String: [String]]
        var prices: [Dated]

        /// True for bytes with these dimensions.
        func holds(_ dimensions: [String: String]) -> Bool {
            values.allSatisfy { $0.value.contains(dimensions[$0.key] ?? "") }
                && exceptions.allSatisfy { !$0.value.contains(dimensions[$0.key] ?? "") }
        }
    }

    var lines: [Line] = []
    var text: String

    /// - Parameters:
    ///   - start: First second of the book, the start of a month.
    ///   - end: First second after it, the start of a month.
    init(start: Int64, end: Int64, _ random: inout SeededRandom) {
        func day(_ second: Int64) -> String { String(UTCTime(secondsSinceEpoch: second).description.prefix(10)) }
        text = "name: random\ncurrency: USD\nfrom: \(day(start))\nuntil: \(day(end))\nlines:\n"
        for number in 0..<Int.random(in: 1...5, using: &random) {
            let direction = ["egress", "ingress", "both"].randomElement(using: &random) ?? "both"
            var line = Line(
                name: "line-\(number)",
                charge: "charge-\(number)",
                egress: direction != "ingress",
                ingress: direction != "egress",
                values: Self.values(&random),
                exceptions: Bool.random(using: &random) ? [:] : Self.values(&random),
                prices: []
            )
            text += "  - name: \(line.name)\n    charge: \(line.charge)\n    direction: \(direction)\n"
            for (key, values) in [("where", line.values), ("except", line.exceptions)] where !values.isEmpty {
                let pairs = values.map { "\($0.key): [\($0.value.joined(separator: ", "))]" }
                text += "    \(key): {\(pairs.joined(separator: ", "))}\n"
            }
            text += "    prices:\n"
            let days = (end - start) / 86_400
            var cuts = Set(
                (0..<Int.random(in: 0...2, using: &random)).map { _ in Int64.random(in: 1..<days, using: &random) }
            )
            cuts.insert(0)
            let starts = cuts.sorted().map { start + $0 * 86_400 }
            for (index, from) in starts.enumerated() {
                let isTiered = UTCTime(secondsSinceEpoch: from).day == 1 && Bool.random(using: &random)
                let isBinary = Bool.random(using: &random)
                let until = index + 1 < starts.count ? starts[index + 1] : end
                // A tier counts whole months: it may not end within one.
                let mayTier = isTiered && UTCTime(secondsSinceEpoch: until).day == 1
                let price = Dated(
                    start: from,
                    end: until,
                    unit: isBinary ? 1_073_741_824 : 1_000_000_000,
                    tiers: Self.tiers(mayTier ? Int.random(in: 2...4, using: &random) : 1, &random)
                )
                line.prices.append(price)
                text += "      - from: \(day(from))\n        per: \(isBinary ? "GiB" : "GB")\n"
                if price.tiers.count == 1 {
                    text += "        price: \(price.tiers[0].price)\n"
                } else {
                    text += "        tiers:\n"
                    for (tier, next) in zip(price.tiers, price.tiers.dropFirst().map { Optional($0) } + [nil]) {
                        let end = next.map { ", up-to: \($0.above / 1_000_000_000) GB" } ?? ""
                        text += "          - {price: \(tier.price)\(end)}\n"
                    }
                }
            }
            lines.append(line)
        }
    }

    private static func values(_ random: inout SeededRandom) -> [String: [String]] {
        let choices: [(String, [String])] = [
            ("scope", ["unknown", "same_zone", "same_region", "cross_region", "internet", "loopback"]),
            ("initiator", ["pod", "remote", "unknown"]),
            ("nat", ["yes", "no", "assumed"]),
            ("region", ["r1", "r2"]),
            ("namespace", ["system.slice", "shop"]),
        ]
        var values: [String: [String]] = [:]
        for (name, all) in choices where Int.random(in: 0..<4, using: &random) == 0 {
            values[name] = Array(all.shuffled(using: &random).prefix(Int.random(in: 1...all.count, using: &random)))
        }
        return values
    }

    private static func tiers(_ count: Int, _ random: inout SeededRandom) -> [(above: UInt64, price: Decimal)] {
        var above: UInt64 = 0
        return (0..<count)
            .map { index in
                if index > 0 { above += UInt64.random(in: 1...2_000, using: &random) * 1_000_000_000 }
                return (above, Decimal(Int.random(in: 0...200_000, using: &random)) / 1_000_000)
            }
    }
}
