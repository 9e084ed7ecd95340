// SPDX-License-Identifier: Apache-2.0
import Pricing
import Queries
import Traffic

extension PriceLine {
    private static let keys = [
        "name", "charge", "description", "direction", "where", "except", "per", "price", "tiers", "prices",
    ]

    /// The line that `node`, an entry of a book's `lines`, says.
    init(_ node: SettingsNode, within span: BookSpan) throws(SettingsError) {
        let fields = try node.mapping(Self.keys)
        guard let name = fields["name"], let charge = fields["charge"], let direction = fields["direction"] else {
            throw SettingsError(
                node.origin,
                "the line needs a name, a charge (what is paid for) and a direction: egress, ingress or both"
            )
        }
        let directions = SettingType<Set<Direction>>("egress, ingress or both") { text in
            text == "both" ? Set(Direction.allCases) : Direction(rawValue: text).map { [$0] }
        }
        self.init(
            name: try name.value(as: .priceName),
            charge: try charge.value(as: .priceName),
            description: try fields["description"]?.value(as: .name(maxBytes: 1_024)) ?? "",
            directions: try direction.value(as: directions),
            condition: PriceCondition(
                values: try fields["where"].dimensionPatterns(),
                exceptions: try fields["except"].dimensionPatterns()
            ),
            prices: try Self.prices(fields, of: node, within: span)
        )
    }

    /// The line's own `price` or `tiers`, or those of its dated `prices`.
    private static func prices(
        _ fields: [String: SettingsNode],
        of node: SettingsNode,
        within span: BookSpan
    ) throws(SettingsError) -> [Dated] {
        guard let list = fields["prices"] else {
            return [
                Dated(
                    start: span.start,
                    end: span.end,
                    tariff: try .init(fields, of: node, from: span.start, to: span.end)
                )
            ]
        }
        for key in ["price", "tiers"] {
            if let twin = fields[key] {
                throw SettingsError(twin.origin, "the line has dated prices, which each have their own \(key)")
            }
        }
        let items = try list.list()
        guard !items.isEmpty else { throw SettingsError(list.origin, "the list of prices is empty") }
        var entries: [(fields: [String: SettingsNode], node: SettingsNode, start: Int64)] = []
        for (index, item) in items.enumerated() {
            var own = try item.mapping(["from", "until", "per", "price", "tiers"])
            if own["per"] == nil { own["per"] = fields["per"] }
            guard index == 0 || own["from"] != nil else {
                throw SettingsError(item.origin, "the price needs from, the first day on which it holds")
            }
            entries.append((own, item, try own["from"]?.value(as: .day) ?? span.start))
        }
        var prices: [Dated] = []
        for (index, entry) in entries.enumerated() {
            let following = index + 1 < entries.count ? entries[index + 1] : nil
            let end = try entry.fields["until"]?.value(as: .day) ?? following?.start ?? span.end
            try check(entry.node, entry.start, end, last: prices.last, within: span)
            prices.append(
                Dated(
                    start: entry.start,
                    end: end,
                    tariff: try .init(entry.fields, of: entry.node, from: entry.start, to: end)
                )
            )
        }
        return prices
    }

    /// Refuses a price that leaves a gap after the one before, overlaps it, or is outside the book.
    private static func check(
        _ node: SettingsNode,
        _ start: Int64,
        _ end: Int64?,
        last: Dated?,
        within span: BookSpan
    ) throws(SettingsError) {
        func day(_ second: Int64) -> String { UTCTime(secondsSinceEpoch: second).dayText }
        if let last, let before = last.end {
            if start > before {
                throw SettingsError(
                    node.origin,
                    "there is a gap: no price holds from \(day(before)) to before \(day(start))"
                )
            }
            if start < before {
                throw SettingsError(
                    node.origin,
                    "it overlaps the price before: both hold from \(day(start)) to before \(day(min(before, end ?? before)))"
                )
            }
        }
        if let end, end <= start {
            throw SettingsError(node.origin, "it ends on \(day(end)), which is not after its start, \(day(start))")
        }
        if start < span.start || span.end.map({ end ?? .max > $0 }) ?? false {
            throw SettingsError(
                node.origin,
                "it holds outside the book's own dates, which start on \(day(span.start))"
                    + (span.end.map { " and end before \(day($0))" } ?? "")
            )
        }
    }
}

extension SettingType where Value == String {
    /// The name of a line or a charge: it stands in queries, where commas separate.
    fileprivate static var priceName: SettingType {
        SettingType("a name of 1 to 64 letters, digits, '.', '_' and '-'") { text in
            let allowed = text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "._-".unicodeScalars.contains($0))
            }
            return allowed && (1...64).contains(text.utf8.count) ? text : nil
        }
    }
}

extension SettingsNode? {
    /// Patterns by dimension; none if it is absent.
    fileprivate func dimensionPatterns() throws(SettingsError) -> [String: [NamePattern]] {
        guard let node = self else { return [:] }
        var patterns: [String: [NamePattern]] = [:]
        for (name, value) in try node.mapping(Dimension.allCases.map(\.rawValue)) {
            let items = value.isSequence ? try value.list() : [value]
            guard !items.isEmpty else {
                throw SettingsError(value.origin, "the list is empty; leave the key out to mean any")
            }
            let known = Dimension(rawValue: name)?.values
            for item in items {
                let text = try item.value(as: .name(maxBytes: 1_024))
                let pattern = NamePattern(text)
                if let known, !known.contains(where: { pattern.matches($0) }) {
                    throw SettingsError(
                        item.origin,
                        "'\(text)' is no \(name); choose from \(known.joined(separator: ", "))"
                    )
                }
                patterns[name, default: []].append(pattern)
            }
        }
        return patterns
    }
}
