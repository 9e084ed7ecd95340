// SPDX-License-Identifier: Apache-2.0

/// Which columns of a bill say what.
struct BillFormat {
    /// One line of a bill.
    struct Row {
        /// What it is for; `nil` if bytes do not cause it.
        var kind: BillKind?
        var cost: BillAmount
        var currency: String
        var period: Result<Range<Int64>, Bill.Failure>
        var region: String
        /// The billed bytes; `nil` if the line does not say.
        var bytes: UInt128?
        /// True if it is time that is paid for.
        var isHours: Bool
    }

    private var cost: Int
    private var currency: Int
    private var start: Int
    private var end: Int
    /// The columns that say what is paid for.
    private var texts: [Int]
    private var quantity: Int?
    private var unit: Int?
    private var region: Int?
    private let count: Int
    /// True if the columns are those of FOCUS.
    let isFocus: Bool

    /// The format of the bill whose first record is `header`.
    init(header: [String], line: Int) throws(Bill.Failure) {
        count = header.count
        isFocus = header.contains("BilledCost")
        func place(_ names: [String]) -> Int? {
            names.lazy.compactMap { header.firstIndex(of: $0) }.first
        }
        func need(_ names: String...) throws(Bill.Failure) -> Int {
            guard let place = place(names) else {
                throw Bill.Failure(line: line, reason: "the bill has no column \(names.joined(separator: " or "))")
            }
            return place
        }
        if isFocus {
            cost = try need("BilledCost")
            currency = try need("BillingCurrency")
            start = try need("ChargePeriodStart")
            end = try need("ChargePeriodEnd")
            texts = ["x_UsageType", "SkuMeter", "SkuId", "ChargeDescription"].compactMap { place([$0]) }
            quantity = place(["ConsumedQuantity", "PricingQuantity"])
            unit = place([quantity == place(["ConsumedQuantity"]) ? "ConsumedUnit" : "PricingUnit"])
            region = place(["RegionId"])
        } else if place(["line_item_usage_type", "lineItem/UsageType"]) != nil {
            cost = try need("line_item_unblended_cost", "lineItem/UnblendedCost")
            currency = try need("line_item_currency_code", "lineItem/CurrencyCode")
            start = try need("line_item_usage_start_date", "lineItem/UsageStartDate")
            end = try need("line_item_usage_end_date", "lineItem/UsageEndDate")
            texts = [try need("line_item_usage_type", "lineItem/UsageType")]
            quantity = place(["line_item_usage_amount", "lineItem/UsageAmount"])
            unit = place(["pricing_unit", "pricing/unit"])
            region = place(["product_region_code", "product_region", "product/regionCode", "product/region"])
        } else {
            throw Bill.Failure(
                line: line,
                reason: "the columns are neither those of FOCUS (BilledCost, ChargePeriodStart, …) nor those of AWS's "
                    + "cost and usage report (line_item_usage_type or lineItem/UsageType, …)"
            )
        }
        guard !texts.isEmpty else {
            throw Bill.Failure(
                line: line,
                reason: "no column says what is paid for: x_UsageType, SkuMeter, SkuId or ChargeDescription"
            )
        }
    }

    /// The line that `cells` say.
    func row(_ cells: [String], _ line: Int) throws(Bill.Failure) -> Row {
        guard cells.count == count else {
            throw Bill.Failure(line: line, reason: "the line has \(cells.count) cells, and the header \(count)")
        }
        guard let amount = BillAmount(cells[cost]) else {
            throw Bill.Failure(
                line: line,
                reason: "the cost \(QueryError.quoted(cells[cost])) is not a decimal number with at most "
                    + "\(Bill.decimals) decimals"
            )
        }
        guard !cells[currency].isEmpty else { throw Bill.Failure(line: line, reason: "the currency is missing") }
        let text = texts.map { cells[$0] }.joined(separator: " ")
        return Row(
            kind: BillKind(text),
            cost: amount,
            currency: cells[currency],
            period: period(cells, line),
            region: region.map { cells[$0] } ?? "",
            bytes: bytes(cells),
            isHours: text.lowercased().contains("hour") || unit.map { cells[$0].lowercased().hasPrefix("h") } ?? false
        )
    }

    private func period(_ cells: [String], _ line: Int) -> Result<Range<Int64>, Bill.Failure> {
        guard let from = Moment(rfc3339: cells[start]), let until = Moment(rfc3339: cells[end]),
            from.seconds < until.seconds, !from.hasFraction, !until.hasFraction
        else {
            return .failure(
                .init(
                    line: line,
                    reason: "\(QueryError.quoted(cells[start])) to \(QueryError.quoted(cells[end])) is not a period"
                )
            )
        }
        guard from.seconds % 3600 == 0, until.seconds % 3600 == 0, from.seconds >= 0 else {
            return .failure(.init(line: line, reason: "the period does not begin and end on whole hours (UTC)"))
        }
        return .success(from.seconds..<until.seconds)
    }

    private func bytes(_ cells: [String]) -> UInt128? {
        guard let quantity, let amount = BillAmount(cells[quantity]), amount.units >= 0 else { return nil }
        let factors: [String: UInt128] = [
            "": 1_000_000_000, "GB": 1_000_000_000, "GIGABYTE": 1_000_000_000, "B": 1, "BYTE": 1, "BYTES": 1,
            "KB": 1_000,
            "MB": 1_000_000, "TB": 1_000_000_000_000, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40,
            "GIBIBYTE": 1 << 30,
        ]
        // AWS leaves the unit out of some reports; its transfer is in GB.
        guard let factor = factors[unit.map { cells[$0].uppercased() } ?? ""] else { return nil }
        let (product, over) = UInt128(amount.units).multipliedReportingOverflow(by: factor)
        return over ? nil : product / BillAmount.one
    }
}

/// A decimal number of a bill.
struct BillAmount: Hashable {
    /// Units in one.
    static let one: UInt128 = 1_000_000_000_000

    /// In 10^-12.
    var units: Int128
    /// Decimals that were written, zeros at the end left out.
    var decimals: Int

    /// The number that `text` is; `nil` if it is none, or has more than ``Bill/decimals`` decimals.
    init?(_ text: String) {
        guard FocusValidator.isDecimal(text.uppercased()) else { return nil }
        let parts = text.uppercased().split(separator: "E")
        let exponent = parts.count == 2 ? Int(parts[1]) : 0
        guard let exponent, (-100...30).contains(exponent) else { return nil }
        let isNegative = parts[0].hasPrefix("-")
        let number = parts[0].drop { $0 == "-" }.split(separator: ".")
        var digits = Array(number.joined().utf8)
        var decimals = (number.count == 2 ? number[1].utf8.count : 0) - exponent
        while decimals > 0, digits.count > 1, digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            decimals -= 1
        }
        if digits.allSatisfy({ $0 == UInt8(ascii: "0") }) { (digits, decimals) = ([UInt8(ascii: "0")], 0) }
        guard decimals <= Bill.decimals else { return nil }
        var units: Int128 = 0
        for digit in digits + Array(repeating: UInt8(ascii: "0"), count: Bill.decimals - decimals) {
            let (product, over) = units.multipliedReportingOverflow(by: 10)
            guard !over, product < 1 << 100 else { return nil }
            units = product + Int128(digit - UInt8(ascii: "0"))
        }
        self.units = isNegative ? -units : units
        self.decimals = max(0, decimals)
    }
}
