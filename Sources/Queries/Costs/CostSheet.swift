// SPDX-License-Identifier: Apache-2.0
import Pricing
import Traffic

/// The work behind a ``CostAnswer``: which bytes of which group meet which line, and what that costs exactly.
///
/// It takes the facts of its plan's questions as they are read, and holds no more than the answer's own cells.
public struct CostSheet: FactSink {
    /// What a question of the plan is about.
    private enum Question {
        /// A part of the range.
        case part([CostPlan.Rate])
        /// Everything of the months with tiers.
        case month(Int64)
    }

    /// A place in the answer: one group in one bucket.
    struct Cell: Hashable {
        var bucketStart: Int64
        var group: Int
    }

    /// Tiers of one line in one month.
    private struct Month: Hashable {
        var line: Int
        var start: Int64
    }

    /// What is known of facts with the same values.
    private struct Match {
        /// The group without the line.
        var group: [String]
        /// The lines whose conditions hold.
        var lines: [Int]
    }

    /// Amounts in units of the last digit.
    struct Costs {
        /// By the line's place in the book.
        var ofLine: [Int: Int128] = [:]
        /// By the index of the cell.
        var ofCell: [Int128]
    }

    let plan: CostPlan
    /// The groups, by their numbers.
    private(set) var groups: [[String]] = []
    /// Each cell once, in no particular order.
    private(set) var cells: [Cell] = []
    /// Bytes by the index of the cell.
    private(set) var bytes: [CostAnswer.Sum] = []
    /// Charged bytes by the line's place in the book.
    private(set) var charged: [Int: CostAnswer.Sum] = [:]
    /// Bytes that met no line.
    private(set) var unpriced = CostAnswer.Sum()

    private let questions: [Question]
    private let mostCells: Int
    private var matches: [[String]: Match] = [:]
    private var numbers: [[String]: Int] = [:]
    private var indices: [Cell: Int] = [:]
    /// Exact costs by the line's place in the book and the index of the cell.
    private var costs: [Int: [Int: Money]] = [:]
    private var tiered: [Month: [Int: UInt64]] = [:]
    private var monthBytes: [Month: UInt64] = [:]

    /// A sheet on which nothing stands.
    ///
    /// - Parameters:
    ///   - plan: What was asked.
    ///   - mostCells: Groups in buckets that the answer may have.
    public init(_ plan: CostPlan, mostCells: Int = UsageQuery.mostFacts) {
        self.plan = plan
        self.mostCells = mostCells
        var questions: [Question] = plan.queries.map { _ in .part([]) }
        for part in plan.parts {
            for index in part.queries { questions[index] = .part(part.rates) }
        }
        for (month, index) in plan.months { questions[index] = .month(month) }
        self.questions = questions
    }

    /// Sorts facts into their cells.
    ///
    /// - Throws: ``CostOverflow`` and ``AnswerTooLarge``.
    public mutating func add(_ facts: [UsageFacts.Fact], of question: Int) throws {
        switch questions[question] {
        case .part(let rates): try add(facts, rates: rates)
        case .month(let start): try add(facts, ofMonth: start)
        }
        guard cells.count <= mostCells else { throw AnswerTooLarge() }
    }

    private mutating func add(_ facts: [UsageFacts.Fact], rates: [CostPlan.Rate]) throws(CostOverflow) {
        for fact in facts {
            let match = self.match(fact.group)
            let bucket = plan.bucketStart(of: fact.bucketStart)
            var freeEgress = fact.counters.egressBytes
            var freeIngress = fact.counters.ingressBytes
            for rate in rates where match.lines.contains(rate.line) {
                let directions = plan.book.lines[rate.line].directions
                let egress = directions.contains(.egress) ? fact.counters.egressBytes : 0
                let ingress = directions.contains(.ingress) ? fact.counters.ingressBytes : 0
                if egress > 0 { freeEgress = 0 }
                if ingress > 0 { freeIngress = 0 }
                let (sum, over) = egress.addingReportingOverflow(ingress)
                guard !over else { throw CostOverflow() }
                guard sum > 0 else { continue }
                let group = plan.query.byLine ? match.group + [plan.book.lines[rate.line].name] : match.group
                let cell = self.cell(bucket, group)
                let chargedSum = CostAnswer.Sum(egressBytes: egress, ingressBytes: ingress)
                charged[rate.line, default: .init()] += chargedSum
                if plan.query.byLine { bytes[cell] += chargedSum }
                try charge(sum, to: cell, rate)
            }
            let free = CostAnswer.Sum(egressBytes: freeEgress, ingressBytes: freeIngress)
            unpriced += free
            if plan.query.byLine {
                if plan.query.lines == nil, freeEgress > 0 || freeIngress > 0 {
                    bytes[cell(bucket, match.group + [""])] += free
                }
            } else if plan.query.lines == nil {
                bytes[cell(bucket, match.group)] += CostAnswer.Sum(
                    egressBytes: fact.counters.egressBytes,
                    ingressBytes: fact.counters.ingressBytes
                )
            } else if freeEgress < fact.counters.egressBytes || freeIngress < fact.counters.ingressBytes {
                bytes[cell(bucket, match.group)] += CostAnswer.Sum(
                    egressBytes: fact.counters.egressBytes - freeEgress,
                    ingressBytes: fact.counters.ingressBytes - freeIngress
                )
            }
        }
    }

    private mutating func charge(_ bytes: UInt64, to cell: Int, _ rate: CostPlan.Rate) throws(CostOverflow) {
        if let month = rate.month {
            let month = Month(line: rate.line, start: month)
            let (sum, over) = bytes.addingReportingOverflow(tiered[month]?[cell] ?? 0)
            guard !over else { throw CostOverflow() }
            tiered[month, default: [:]][cell] = sum
        } else if let cost = rate.tariff.cost(of: bytes) {
            try add(cost, to: cell, line: rate.line)
        } else {
            throw CostOverflow()
        }
    }

    private mutating func add(_ cost: Money, to cell: Int, line: Int) throws(CostOverflow) {
        guard let sum = costs[line, default: [:]][cell, default: .zero].adding(cost) else { throw CostOverflow() }
        costs[line, default: [:]][cell] = sum
    }

    /// Shares what each month costs by its tiers: every byte of a line and month bears the same.
    mutating func shareTiers() throws(CostOverflow) {
        for (month, shares) in tiered.sorted(by: { ($0.key.line, $0.key.start) < ($1.key.line, $1.key.start) }) {
            guard let tariff = plan.book.lines[month.line].tariff(at: month.start) else { continue }
            let asked = shares.values.reduce(UInt128(0)) { $0 + UInt128($1) }
            // A month's bytes hold those that were asked for, both being of one snapshot.
            let whole = max(monthBytes[month] ?? 0, UInt64(clamping: asked))
            monthBytes[month] = whole
            let shares = shares.sorted { precedes($0.key, $1.key) }
            guard
                let cost = tariff.cost(of: whole),
                let part = Apportionment.split(cost.parts, by: [asked, UInt128(whole) - min(asked, UInt128(whole))]),
                let first = part.first,
                let parts = Apportionment.split(first, by: shares.map { UInt128($0.value) })
            else { throw CostOverflow() }
            for (share, amount) in zip(shares, parts) {
                try add(Money(parts: amount), to: share.key, line: month.line)
            }
        }
    }

    /// Counts what each line charges of everything in a month.
    private mutating func add(_ facts: [UsageFacts.Fact], ofMonth start: Int64) throws(CostOverflow) {
        let dimensions = plan.conditionDimensions
        for line in plan.lines where plan.book.lines[line].tariff(at: start)?.isFlat == false {
            let month = Month(line: line, start: start)
            var sum = monthBytes[month] ?? 0
            for fact in facts where Self.holds(plan.book.lines[line].condition, dimensions, fact.group) {
                for direction in plan.book.lines[line].directions {
                    let bytes = direction == .egress ? fact.counters.egressBytes : fact.counters.ingressBytes
                    let (next, over) = sum.addingReportingOverflow(bytes)
                    guard !over else { throw CostOverflow() }
                    sum = next
                }
            }
            monthBytes[month] = sum
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (one, two) = (cells[left], cells[right])
        if one.bucketStart != two.bucketStart { return one.bucketStart < two.bucketStart }
        return groups[one.group].lexicographicallyPrecedes(groups[two.group])
    }

    private mutating func match(_ values: [String]) -> Match {
        if let known = matches[values] { return known }
        let dimensions = plan.dimensions
        let match = Match(
            group: Array(values.prefix(plan.query.usage.groupBy.count)),
            lines: plan.lines.filter { Self.holds(plan.book.lines[$0].condition, dimensions, values) }
        )
        matches[values] = match
        return match
    }

    private static func holds(_ condition: PriceCondition, _ dimensions: [Dimension], _ values: [String]) -> Bool {
        condition.holds { name in
            dimensions.firstIndex { $0.rawValue == name }.map { values[$0] } ?? ""
        }
    }

    private mutating func cell(_ bucketStart: Int64, _ group: [String]) -> Int {
        let number = numbers[group] ?? groups.count
        if number == groups.count {
            numbers[group] = number
            groups.append(group)
        }
        let cell = Cell(bucketStart: bucketStart, group: number)
        if let index = indices[cell] { return index }
        indices[cell] = cells.count
        cells.append(cell)
        bytes.append(.init())
        return cells.count - 1
    }

    /// All costs in units of the last digit: the lines first, which make the total, then each line's cells.
    ///
    /// - Parameter carry: What earlier rounding left of each line, by its place in the book; it is added, and what is
    ///   left now takes its place.
    func rounded(to digits: Digits, carry: inout [Int: Money]) throws(CostOverflow) -> Costs {
        var result = Costs(ofCell: Array(repeating: 0, count: cells.count))
        for (line, cells) in costs {
            let parts = cells.sorted { precedes($0.key, $1.key) }
            var sum = carry[line] ?? .zero
            for part in parts {
                guard let next = sum.adding(part.value) else { throw CostOverflow() }
                sum = next
            }
            // What is carried may be less than nothing; a cost is not.
            let whole = max(0, digits.rounded(sum))
            carry[line] = digits.money(whole).flatMap { sum.subtracting($0) }
            let amounts = Apportionment.rounded(parts.map(\.value), to: digits, sum: whole)
            result.ofLine[line] = whole
            for (part, amount) in zip(parts, amounts) { result.ofCell[part.key] += amount }
        }
        return result
    }

    /// The tariffs of `line` that hold in the range, oldest first.
    func rates(of line: Int) -> [CostAnswer.Rate] {
        var rates: [CostAnswer.Rate] = []
        for part in plan.parts {
            guard let rate = part.rates.first(where: { $0.line == line }) else { continue }
            let whole = rate.month.map { monthBytes[Month(line: line, start: $0)] ?? 0 }
            if let last = rates.last, last.span.upperBound == part.start, last.tariff == rate.tariff,
                last.monthBytes == nil, whole == nil
            {
                rates[rates.count - 1].span = last.span.lowerBound..<part.end
            } else {
                rates.append(
                    CostAnswer.Rate(span: part.start..<part.end, tariff: rate.tariff, monthBytes: whole)
                )
            }
        }
        return rates
    }
}
