// SPDX-License-Identifier: Apache-2.0

/// Checks a CSV text against the published rules of FOCUS 1.2, and of 1.3 for allocated charges.
///
/// What it checks: the mandatory columns; that other columns are FOCUS's own, or custom ones whose names are `x_` and
/// PascalCase and that stand after them; nulls where a value is needed, and stand-ins for null (`""`, `NULL`, `N/A`,
/// `-`); decimals, times in UTC, currency codes, fixed lists of values, flat JSON objects; that periods do not end
/// before they start and charges lie in their billing period; that quantity and unit come together; that what is said of an
/// allocated charge is said of one that names its method.
public struct FocusValidator: Sendable {
    /// Something that is against a rule.
    public struct Finding: Hashable, Sendable, CustomStringConvertible {
        /// The line, from 1.
        public var line: Int
        /// The column at fault; empty if it is none.
        public var column: String
        /// What is wrong.
        public var reason: String

        /// Line, column and reason.
        public var description: String {
            "line \(line): " + (column.isEmpty ? "" : "\(column): ") + reason
        }
    }

    /// Findings that are kept; further ones are counted.
    public static let mostFindings = 100

    /// The first findings.
    public private(set) var findings: [Finding] = []
    /// All findings.
    public private(set) var count = 0
    /// Rows that were read, the header not counted.
    public private(set) var rows = 0

    private var reader = CSVReader()
    private var columns: [String]?
    private var rules: [FocusColumn.Rule?] = []
    private var places: [String: Int] = [:]
    /// True if the header could not be read.
    private var isBlind = false

    /// A validator that has read nothing.
    public init() {}

    /// Reads the next piece of the text.
    public mutating func read(_ bytes: some Sequence<UInt8>) {
        var reader = reader
        reader.read(bytes) { record, line in check(record, line) }
        self.reader = reader
    }

    /// Reads the end of the text.
    public mutating func finish() {
        var reader = reader
        reader.finish { record, line in check(record, line) }
        self.reader = reader
        if columns == nil { find(1, "", "there is no header") }
    }

    private mutating func check(_ record: Result<[CSVReader.Cell], CSVReader.Failure>, _ line: Int) {
        switch record {
        case .success(let cells): check(cells, line)
        case .failure(let failure):
            find(failure.line, "", failure.reason)
            // A header that cannot be read says nothing of the rows.
            if columns == nil { (columns, isBlind) = ([], true) } else { rows += 1 }
        }
    }

    private mutating func find(_ line: Int, _ column: String, _ reason: String) {
        count += 1
        if findings.count < Self.mostFindings { findings.append(Finding(line: line, column: column, reason: reason)) }
    }

    private mutating func check(_ record: [CSVReader.Cell], _ line: Int) {
        guard columns != nil else {
            checkHeader(record.map(\.text), line)
            return
        }
        rows += 1
        if isBlind { return }
        guard record.count == rules.count else {
            find(line, "", "the row has \(record.count) cells, and the header \(rules.count)")
            return
        }
        for (place, cell) in record.enumerated() {
            if let reason = reason(against: cell, rules[place]) { find(line, columns?[place] ?? "", reason) }
        }
        checkTogether(record, line)
    }

    private mutating func checkHeader(_ names: [String], _ line: Int) {
        columns = names
        let known = FocusColumn.rules + FocusColumn.allocation
        var custom: String?
        for (place, name) in names.enumerated() {
            let rule = known.first { $0.name == name }
            rules.append(rule)
            if places.updateValue(place, forKey: name) != nil { find(line, name, "the column stands twice") }
            if rule != nil {
                if let custom { find(line, name, "it stands after \(custom), and custom columns come last") }
            } else if name.hasPrefix("x_"), name.dropFirst(2).utf8.first.map({ (0x41...0x5a).contains($0) }) ?? false,
                name.dropFirst(2).utf8.allSatisfy(\.isWordCharacter)
            {
                custom = name
            } else {
                find(line, name, "it is no FOCUS column, and a custom one is named x_ and PascalCase")
            }
        }
        for rule in FocusColumn.rules where rule.isMandatory && !names.contains(rule.name) {
            find(line, rule.name, "the column is mandatory")
        }
    }

    /// Why `cell` may not stand in a column with `rule`; `nil` if it may.
    private func reason(against cell: CSVReader.Cell, _ rule: FocusColumn.Rule?) -> String? {
        if cell.text.isEmpty {
            if cell.isQuoted { return "an empty text stands for no value; leave the cell empty, without quotes" }
            return rule.map { $0.mayBeNull } ?? true ? nil : "a value is needed"
        }
        if ["NULL", "null", "N/A", "n/a", "NA", "-", "Not Applicable"].contains(cell.text) {
            return "'\(cell.text)' stands for no value; leave the cell empty"
        }
        switch rule?.kind {
        case nil, .text: return nil
        case .decimal:
            return Self.isDecimal(cell.text) ? nil : "\(QueryError.quoted(cell.text)) is not a decimal number"
        case .time:
            return cell.text.utf8.count == 20 && cell.text.hasSuffix("Z") && UTCTime(rfc3339: cell.text) != nil
                ? nil : "\(QueryError.quoted(cell.text)) is not a time in UTC as 2026-10-01T00:00:00Z"
        case .currency:
            return cell.text.utf8.count == 3 && cell.text.utf8.allSatisfy { (0x41...0x5a).contains($0) }
                ? nil : "\(QueryError.quoted(cell.text)) is not a currency's code"
        case .choice(let choices):
            return choices.contains(cell.text)
                ? nil : "\(QueryError.quoted(cell.text)) is not one of \(choices.joined(separator: ", "))"
        case .tags:
            return JSONSyntax.isFlatObject(cell.text)
                ? nil : "\(QueryError.quoted(cell.text)) is not a flat JSON object"
        case .object:
            return JSONSyntax.isObject(cell.text) ? nil : "\(QueryError.quoted(cell.text)) is not a JSON object"
        }
    }

    private mutating func checkTogether(_ record: [CSVReader.Cell], _ line: Int) {
        func text(_ name: String) -> String? {
            places[name].map { record[$0].text }.flatMap { $0.isEmpty ? nil : $0 }
        }
        func time(_ name: String) -> Int64? { text(name).flatMap { UTCTime(rfc3339: $0)?.secondsSinceEpoch } }
        for period in ["Billing", "Charge"] {
            guard let start = time("\(period)PeriodStart"), let end = time("\(period)PeriodEnd") else { continue }
            if end <= start { find(line, "\(period)PeriodEnd", "the period ends before it starts") }
        }
        if let charge = time("ChargePeriodStart"), let start = time("BillingPeriodStart"),
            let end = time("BillingPeriodEnd"), text("ChargeClass") == nil, charge < start || charge >= end
        {
            find(line, "ChargePeriodStart", "the charge is outside its billing period")
        }
        for (quantity, unit) in [("PricingQuantity", "PricingUnit"), ("ConsumedQuantity", "ConsumedUnit")]
        where (text(quantity) == nil) != (text(unit) == nil) {
            find(line, unit, "\(quantity) and \(unit) come together")
        }
        if text("ChargeCategory") == "Usage", text("ChargeClass") == nil, places["PricingQuantity"] != nil,
            text("PricingQuantity") == nil
        {
            find(line, "PricingQuantity", "usage has a quantity")
        }
        for name in ["AllocatedMethodDetails", "AllocatedResourceId", "AllocatedResourceName", "AllocatedTags"]
        where text("AllocatedMethodId") == nil && text(name) != nil {
            find(line, "AllocatedMethodId", "an allocated charge names its method, and \(name) is one's")
        }
        if text("AllocatedResourceId") == nil, text("AllocatedResourceName") != nil {
            find(line, "AllocatedResourceId", "what has an AllocatedResourceName has an id")
        }
        if let details = text("AllocatedMethodDetails"), !details.contains("\"Elements\"") {
            find(line, "AllocatedMethodDetails", "it has no Elements, which say the ratio")
        }
    }

    /// True for digits with at most one point, a minus sign in front and an exponent behind, as FOCUS writes numbers.
    static func isDecimal(_ text: String) -> Bool {
        var rest = Substring(text).utf8
        func digits() -> Int {
            let count = rest.prefix(while: { (0x30...0x39).contains($0) }).count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        guard digits() > 0 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}

extension UInt8 {
    /// True for ASCII letters and digits.
    fileprivate var isWordCharacter: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self)
    }
}
