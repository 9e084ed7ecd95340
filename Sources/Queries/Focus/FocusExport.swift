// SPDX-License-Identifier: Apache-2.0
public import Pricing

/// A range's costs as FOCUS 1.2 CSV, a day at a time, so that its size does not matter.
///
/// One row is one line of the price book for one pod or unit, scope and network on one day (UTC). The rows are
/// estimates and say so: `x_CostBasis` is `estimate`, `BilledCost` is 0 because nothing was invoiced, and `ListCost`,
/// `ContractedCost` and `EffectiveCost` are by the price book. Amounts have nine decimals, and each line's rows add up
/// to its rounded cost over the whole range: what a day's rounding leaves is carried into the next. Quantities have at
/// most twelve decimals. What is not known has an empty cell, which is how CSV says null.
public struct FocusExport: Sendable {
    /// The media type of what is written.
    public static let contentType = AnswerFormat.csv.contentType

    /// The columns: FOCUS's own, then custom ones.
    public static let columns = [
        "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency",
        "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription",
        "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit",
        "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingCategory", "PricingQuantity",
        "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName",
        "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter", "SubAccountId",
        "SubAccountName", "x_CostBasis", "x_EgressBytes", "x_IngressBytes", "x_Network", "x_PriceBook",
        "x_PriceBookFingerprint", "x_Scope",
    ]

    /// What the rows are cut by, the line apart.
    public static let dimensions: [Dimension] = [
        .cluster, .region, .zone, .namespace, .ownerKind, .pod, .scope, .network,
    ]

    /// The range and what counts.
    public let query: UsageQuery
    private let book: PriceBook
    private let digits = Digits.exact
    /// What rounding left, by the line's place in the book.
    private var carry: [Int: Money] = [:]

    /// The export that raw parameters ask for: `start`, `end` and filters, as ``UsageQuery`` takes them.
    ///
    /// - Throws: The first parameter that is wrong or has no meaning here, or an error about a range for which the
    ///   book is not complete.
    public init(
        parameters: QueryParameters,
        now: Int64,
        book: PriceBook
    ) throws(QueryError) {
        let allowed = ["start", "end", "tz"] + Dimension.allCases.map(\.rawValue)
        let names = allowed + Dimension.allCases.map { $0.rawValue + "!" }
        if let stranger = parameters.pairs.first(where: { !names.contains($0.name) }) {
            throw QueryError(
                parameter: stranger.name,
                detail: "is not a parameter; accepted are \(allowed.joined(separator: ", "))"
            )
        }
        query = try UsageQuery(parameters: parameters, now: now)
        // A table of charges has no place to say that some are missing.
        guard query.start >= parameters.horizon.day else {
            throw QueryError(
                parameter: "start",
                detail: "the ledger keeps days from \(UTCTime(secondsSinceEpoch: parameters.horizon.day)) on"
            )
        }
        self.book = book
        // The whole range is checked before anything is written.
        _ = try CostPlan(CostQuery(usage: query), book: book)
    }

    /// The days of the range, the first and the last one cut by it.
    public var days: [Range<Int64>] {
        var days: [Range<Int64>] = []
        var start = query.start
        while start < query.end {
            let end = min(query.end, start - start % 86_400 + 86_400)
            days.append(start..<end)
            start = end
        }
        return days
    }

    /// What a store must answer for one of the ``days``.
    public func plan(_ day: Range<Int64>) throws(QueryError) -> CostPlan {
        let usage = UsageQuery(
            start: day.lowerBound,
            end: day.upperBound,
            groupBy: Self.dimensions,
            filters: query.filters,
            visibility: query.visibility,
            exclusions: query.exclusions
        )
        return try CostPlan(
            CostQuery(usage: usage, byLine: true, lines: Set(book.lines.indices), order: .group),
            book: book
        )
    }

    /// The first line.
    public var header: [UInt8] {
        Array((Self.columns.joined(separator: ",") + "\r\n").utf8)
    }

    /// The rows of a day whose facts stand on `sheet`; days come in their order.
    ///
    /// - Throws: ``CostOverflow``.
    public mutating func rows(_ sheet: CostSheet) throws(CostOverflow) -> [UInt8] {
        let answer = try CostAnswer(sheet, missing: [], digits: digits, carry: &carry)
        let day = FocusDay(answer.query.usage.start..<answer.query.usage.end, book: book)
        var bytes: [UInt8] = []
        for row in answer.rows where row.sum.egressBytes > 0 || row.sum.ingressBytes > 0 {
            bytes.appendCSV(day.cells(row, digits))
            bytes.append(contentsOf: "\r\n".utf8)
        }
        return bytes
    }
}

/// What all rows of a day share.
private struct FocusDay {
    private let book: PriceBook
    private let lines: [String: PriceLine]
    private let span: (start: String, end: String)
    private let month: (start: String, end: String)
    private let start: Int64

    init(_ day: Range<Int64>, book: PriceBook) {
        func text(_ second: Int64) -> String { UTCTime(secondsSinceEpoch: second).description }
        self.book = book
        lines = Dictionary(book.lines.map { ($0.name, $0) }) { first, _ in first }
        span = (text(day.lowerBound), text(day.upperBound))
        month = (
            text(UTCTime.monthStart(of: day.lowerBound)), text(UTCTime.monthStart(after: day.lowerBound))
        )
        start = day.lowerBound
    }

    /// The cells of `row`, whose group is the dimensions of the export and the line.
    func cells(_ row: CostAnswer.Row, _ digits: Digits) -> [Report.Cell] {
        func text(_ value: String) -> Report.Cell { value.isEmpty ? .null : .text(value) }
        let (cluster, region, zone, namespace) = (row.group[0], row.group[1], row.group[2], row.group[3])
        let (kind, pod, scope, network, name) = (row.group[4], row.group[5], row.group[6], row.group[7], row.group[8])
        let line = lines[name]
        let provider = book.provider.isEmpty ? "NetLedger" : book.provider
        let (sum, over) = row.sum.egressBytes.addingReportingOverflow(row.sum.ingressBytes)
        let bytes = over ? UInt64.max : sum
        let unit = line?.tariff(at: start)?.unit ?? .gigabyte
        let cost = Report.Cell.decimal(digits.text(row.sum.cost))
        let resource = [cluster, namespace, pod].filter { !$0.isEmpty }.joined(separator: "/")
        return [
            text(zone), .decimal("0"), .text(cluster.isEmpty ? "netledger" : cluster), text(cluster),
            .text(book.currency), .text(month.end), .text(month.start), .text("Usage"), .null,
            .text(line.map { $0.description.isEmpty ? name : $0.description } ?? name), .text("Usage-Based"),
            .text(span.end), .text(span.start), .integer(bytes), .text("B"), cost, cost, .text(provider), cost,
            .text("Standard"), .decimal(Self.quantity(bytes, unit)), .text(unit.rawValue), .text(provider),
            .text(provider), text(region), text(region), text(resource), text(pod), text(kind), .text("Networking"),
            .text("Network traffic"), .text("Network Infrastructure"), .text(name), text(line?.charge ?? ""),
            text(namespace), text(namespace), .text("estimate"), .integer(row.sum.egressBytes),
            .integer(row.sum.ingressBytes), text(network), .text(book.name), text(book.fingerprint), text(scope),
        ]
    }

    /// `bytes` in units, with as many of twelve decimals as are not zeros at the end.
    private static func quantity(_ bytes: UInt64, _ unit: PriceUnit) -> String {
        let scaled = (UInt128(bytes) * 1_000_000_000_000 + UInt128(unit.bytes) / 2) / UInt128(unit.bytes)
        let digits = String(scaled % 1_000_000_000_000)
        var decimals = String(repeating: "0", count: 12 - digits.count) + digits
        while decimals.last == "0" { decimals.removeLast() }
        return "\(scaled / 1_000_000_000_000)" + (decimals.isEmpty ? "" : ".\(decimals)")
    }
}
