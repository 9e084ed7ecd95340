// SPDX-License-Identifier: Apache-2.0

/// Raw parameters, sorted out by name.
struct ParameterReader {
    /// Parameters that take one value.
    private(set) var single: [String: String] = [:]
    /// Dimensions in the order they were named.
    private(set) var groupBy: [Dimension] = []
    /// Values that count, by dimension.
    private(set) var filters: [Dimension: Set<String>] = [:]
    /// Values that do not count, by dimension.
    private(set) var exclusions: [Dimension: Set<String>] = [:]

    /// Parameters that may be given once.
    static let singleNames = ["start", "end", "step", "tz", "order", "limit", "compare", "format"]

    /// - Parameters:
    ///   - parameters: Names and values.
    ///   - strange: Names of ``singleNames`` that the question does not have.
    ///   - own: Names that the question has beyond these, for the refusal of others.
    init(
        _ parameters: [(name: String, value: String)],
        without strange: Set<String> = [],
        besides own: [String] = []
    ) throws(QueryError) {
        for (name, value) in parameters {
            if Self.singleNames.contains(name), !strange.contains(name) {
                guard single.updateValue(value, forKey: name) == nil else {
                    throw QueryError(parameter: name, detail: "is given more than once; it takes one value")
                }
            } else if name == "group_by" {
                try group(by: value)
            } else if let dimension = Dimension(rawValue: name) {
                let values = Self.values(value)
                try dimension.check(values)
                filters[dimension, default: []].formUnion(values)
            } else if name.last == "!", let dimension = Dimension(rawValue: String(name.dropLast())) {
                let values = Self.values(value)
                try dimension.check(values)
                exclusions[dimension, default: []].formUnion(values)
            } else {
                let known =
                    Self.singleNames.filter { !strange.contains($0) } + ["group_by"] + own
                    + Dimension.allCases.map(\.rawValue)
                throw QueryError(
                    parameter: name,
                    detail: "is not a parameter; accepted are \(known.joined(separator: ", "))"
                )
            }
        }
    }

    private mutating func group(by names: String) throws(QueryError) {
        for name in names.split(separator: ",", omittingEmptySubsequences: false) {
            guard let dimension = Dimension(rawValue: String(name)) else {
                let known = Dimension.allCases.map(\.rawValue).joined(separator: ", ")
                throw QueryError(
                    parameter: "group_by",
                    detail: "\(QueryError.quoted(String(name))) is not a dimension; accepted are \(known)"
                )
            }
            guard !groupBy.contains(dimension) else {
                throw QueryError(parameter: "group_by", detail: "names \(dimension.rawValue) twice")
            }
            groupBy.append(dimension)
        }
    }

    /// The values in a filter: separated by commas, unless a backslash stands before one.
    ///
    /// A backslash before anything but a comma or a backslash stands for itself, for names of units have some.
    static func values(_ text: String) -> [String] {
        guard text.utf8.contains(UInt8(ascii: "\\")) else {
            return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        var values = [""]
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "," {
                values.append("")
            } else if scalar == "\\", let next = rest.first, next == "," || next == "\\" {
                rest.removeFirst()
                values[values.count - 1].unicodeScalars.append(next)
            } else {
                values[values.count - 1].unicodeScalars.append(scalar)
            }
        }
        return values
    }

    func moment(_ name: String, now: Int64, zone: Zone = .utc) throws(QueryError) -> Moment? {
        try single[name].map { text throws(QueryError) in try Self.moment(text, name, now: now, zone: zone) }
    }

    /// The time that `text`, the value of the parameter `name`, means.
    static func moment(
        _ text: String,
        _ name: String,
        now: Int64,
        zone: Zone = .utc
    ) throws(QueryError) -> Moment {
        if text == "now" { return .now(now) }
        if text.hasPrefix("-"), let step = Step(String(text.dropFirst()), in: .utc) ?? Step(secondsIn: text) {
            let seconds: Int64
            if case .months(let months) = step {
                seconds = zone.monthsBefore(now, months)
            } else {
                seconds = now - step.roughSeconds
            }
            guard seconds >= 0 else {
                throw QueryError(parameter: name, detail: "\(QueryError.quoted(text)) is before 1970")
            }
            return Moment(seconds: seconds, isRelative: true)
        }
        if text.utf8.count == 10, let midnight = Moment(rfc3339: text), midnight.seconds >= 0 {
            return Moment(seconds: max(0, zone.instant(ofLocal: midnight.seconds)))
        }
        guard let moment = Moment(rfc3339: text) else {
            let hint = text.contains(" ") ? "; in a URL, the + of an offset is written %2B" : ""
            throw QueryError(
                parameter: name,
                detail: "\(QueryError.quoted(text)) is not a time; accepted are RFC 3339 such as "
                    + "2026-08-01T12:00:00Z, a date such as 2026-08-01 (midnight), now, and a duration before "
                    + "now such as -90m, -1h, -30d or -13M\(hint)"
            )
        }
        guard moment.seconds >= 0 else {
            throw QueryError(parameter: name, detail: "\(QueryError.quoted(text)) is before 1970")
        }
        return moment
    }

    func step(in zone: Zone) throws(QueryError) -> Step? {
        guard let text = single["step"] else { return nil }
        guard let step = Step(text, in: zone) else {
            throw QueryError(
                parameter: "step",
                detail: "\(QueryError.quoted(text)) is not a step; accepted are durations in whole minutes, "
                    + "such as 1m, 5m, 1h or 1d, and months, such as 1M"
            )
        }
        return step
    }

    func zone(_ zones: (String) -> Zone?) throws(QueryError) -> Zone {
        guard let name = single["tz"] else { return .utc }
        guard let zone = name == Zone.utc.name ? .utc : zones(name) else {
            throw QueryError(
                parameter: "tz",
                detail: "\(QueryError.quoted(name)) is not a time zone; accepted are names of the time zone database, "
                    + "such as UTC or Europe/Berlin"
            )
        }
        return zone
    }

    func comparesPrevious() throws(QueryError) -> Bool {
        guard let text = single["compare"] else { return false }
        guard text == "previous" else {
            throw QueryError(
                parameter: "compare",
                detail: "\(QueryError.quoted(text)) is not accepted; choose from previous"
            )
        }
        return true
    }

    func order() throws(QueryError) -> UsageQuery.Order {
        try choice("order", default: .bytes)
    }

    func format() throws(QueryError) -> AnswerFormat? {
        guard single["format"] != nil else { return nil }
        return try choice("format", default: .json)
    }

    func limit() throws(QueryError) -> Int? {
        guard let text = single["limit"] else { return nil }
        guard let limit = Int(text), (1...UsageQuery.largestLimit).contains(limit) else {
            throw QueryError(
                parameter: "limit",
                detail: "\(QueryError.quoted(text)) is not a limit; accepted are 1 to \(UsageQuery.largestLimit)"
            )
        }
        return limit
    }

    private func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ name: String,
        default: Choice
    ) throws(QueryError) -> Choice {
        guard let text = single[name] else { return `default` }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw QueryError(
                parameter: name,
                detail: "\(QueryError.quoted(text)) is not accepted; choose from \(known)"
            )
        }
        return choice
    }
}
