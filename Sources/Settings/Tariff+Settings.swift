// SPDX-License-Identifier: Apache-2.0
import Pricing
import Queries

extension Tariff {
    /// The tariff that `per` with `price` or `tiers` says.
    ///
    /// - Parameters:
    ///   - start: First second on which it holds.
    ///   - end: First second on which it does not any more; `nil` if it has no end.
    init(
        _ fields: [String: SettingsNode],
        of node: SettingsNode,
        from start: Int64,
        to end: Int64?
    ) throws(SettingsError) {
        guard let per = fields["per"] else {
            throw SettingsError(node.origin, "the price needs per, its unit: GB (10^9 bytes) or GiB (2^30 bytes)")
        }
        let unit = try per.value(as: SettingType("GB (10^9 bytes) or GiB (2^30 bytes)") { PriceUnit(rawValue: $0) })
        switch (fields["price"], fields["tiers"]) {
        case (let price?, nil):
            self.init(unit: unit, price: try price.value(as: .price))
        case (nil, let tiers?):
            for border in [start, end].compactMap({ $0 }) where UTCTime.monthStart(of: border) != border {
                throw SettingsError(
                    tiers.origin,
                    "tiers count the bytes of calendar months, so they must begin and end on the first day of one and "
                        + "not on \(UTCTime(secondsSinceEpoch: border).dayText)"
                )
            }
            self = try Self.tiered(tiers, unit: unit)
        default:
            throw SettingsError(node.origin, "the price needs either price, a decimal number, or tiers")
        }
    }

    private static func tiered(_ node: SettingsNode, unit: PriceUnit) throws(SettingsError) -> Tariff {
        let items = try node.list()
        var tiers: [Tier] = []
        /// Where the tier before ends; `nil` if it has no end.
        var end: UInt64? = 0
        for item in items {
            let fields = try item.mapping(["from", "up-to", "price"])
            guard let price = fields["price"] else { throw SettingsError(item.origin, "the tier needs a price") }
            guard let before = end else {
                throw SettingsError(item.origin, "it is never reached: the tier before has no up-to")
            }
            let start = try fields["from"]?.value(as: .monthBytes) ?? before
            guard start == before else {
                throw SettingsError(
                    fields["from"]?.origin ?? item.origin,
                    start > before
                        ? "there is a gap: the tier before ends at \(before) bytes, and this one begins at \(start)"
                        : "it overlaps the tier before, which ends at \(before) bytes; this one begins at \(start)"
                )
            }
            end = try fields["up-to"]?.value(as: .monthBytes)
            if let end, end <= start {
                throw SettingsError(
                    fields["up-to"]?.origin ?? item.origin,
                    "the tier ends at \(end) bytes, which is not above its start, \(start) bytes"
                )
            }
            tiers.append(Tier(above: start, price: try price.value(as: .price)))
        }
        if let end {
            throw SettingsError(
                items.last?.origin ?? node.origin,
                items.isEmpty
                    ? "the list of tiers is empty"
                    : "there is a gap: no tier holds above \(end) bytes; leave up-to out of the last one"
            )
        }
        guard let tariff = Tariff(unit: unit, tiers: tiers) else {
            throw SettingsError(node.origin, "the tiers do not ascend from 0")
        }
        return tariff
    }
}

extension SettingType where Value == Price {
    /// A decimal price.
    fileprivate static var price: SettingType {
        SettingType(
            "a price: a decimal number from 0 to \(Price.most) with at most \(Price.mostDecimals) decimals, such as 0.045"
        ) { Price($0) }
    }
}

extension SettingType where Value == UInt64 {
    /// Bytes of a month, with their unit.
    fileprivate static var monthBytes: SettingType {
        let units: [String: UInt64] = [
            "GB": 1_000_000_000, "TB": 1_000_000_000_000, "PB": 1_000_000_000_000_000,
            "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50,
        ]
        return SettingType("a number of bytes with its unit, such as 100 GB or 10 TiB") { text in
            let digits = text.prefix { ("0"..."9").contains($0) }
            let unit = text.dropFirst(digits.count).drop { $0 == " " }
            guard let number = UInt64(digits), let factor = units[String(unit)] else { return nil }
            let (bytes, over) = number.multipliedReportingOverflow(by: factor)
            return over || bytes > 1 << 62 ? nil : bytes
        }
    }
}
