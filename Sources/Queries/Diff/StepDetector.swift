// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Finds rates that changed once and stayed: a new release that talks to another zone, a cache that was lost.
///
/// The last ``recent`` hours are compared with the ``baseline`` hours before them, median with median, so that one
/// busy hour is no step and the rhythm of the day counts as noise. It is a step if the medians differ by more than
/// ``noise`` times the baseline's usual distance from its median, by more than ``share`` per cent of the baseline,
/// and by more than ``least`` bytes an hour.
public struct StepDetector: Hashable, Sendable {
    /// Hours that make the present.
    public static let recent = 3
    /// Hours that make the past.
    public static let baseline = 72

    /// A change that was found.
    public struct Step: Hashable, Sendable {
        /// Values of the dimensions that were watched.
        public var group: [String]
        /// Bytes an hour before: the baseline's median.
        public var before: UInt64
        /// Bytes an hour now: the recent median.
        public var after: UInt64
    }

    /// How far from the usual, in median absolute deviations.
    public var noise: UInt64 = 6
    /// How far from the baseline, in per cent of it.
    public var share: UInt64 = 50
    /// How far at least, in bytes an hour.
    public var least: UInt64 = 100_000_000

    /// A detector with the usual limits.
    public init() {}

    /// The hours that are looked at, up to the last whole hour before `now`.
    ///
    /// - Parameter now: Seconds since 1970-01-01T00:00:00Z.
    public static func query(now: Int64, groupBy: [Dimension]) -> UsageQuery {
        let end = now - now % 3600
        let hours = Int64(recent + baseline)
        return UsageQuery(start: max(0, end - hours * 3600), end: end, step: 3600, groupBy: groupBy)
    }

    /// The steps in the answer to `query`, the largest first.
    ///
    /// There are none before the ledger has whole ``recent`` and ``baseline`` hours: what is new is no step.
    public func steps(_ query: UsageQuery, _ facts: UsageFacts) -> [Step] {
        guard let first = facts.facts.map(\.bucketStart).min(), first <= query.start else { return [] }
        let hours = Int((query.end - query.start) / 3600)
        var series: [[String]: [UInt64]] = [:]
        for fact in facts.facts {
            let hour = Int((fact.bucketStart - query.start) / 3600)
            guard (0..<hours).contains(hour) else { continue }
            let (sum, over) = fact.counters.egressBytes.addingReportingOverflow(fact.counters.ingressBytes)
            series[fact.group, default: Array(repeating: 0, count: hours)][hour] = over ? .max : sum
        }
        return
            series.compactMap { group, bytes in
                step(in: bytes).map { Step(group: group, before: $0.before, after: $0.after) }
            }
            .sorted { left, right in
                let (one, two) = (Self.distance(left.before, left.after), Self.distance(right.before, right.after))
                return one == two ? left.group.lexicographicallyPrecedes(right.group) : one > two
            }
    }

    /// Both medians if the last hours differ; `nil` if they do not, or if there are too few.
    func step(in hours: [UInt64]) -> (before: UInt64, after: UInt64)? {
        guard hours.count > Self.recent else { return nil }
        let past = hours.dropLast(Self.recent)
        let before = Self.median(past)
        let after = Self.median(hours.suffix(Self.recent))
        let spread = Self.median(past.map { Self.distance($0, before) })
        let change = Self.distance(before, after)
        let (noise, over) = spread.multipliedReportingOverflow(by: noise)
        guard !over, change > noise, change > before / 100 * share, change > least else { return nil }
        return (before, after)
    }

    private static func median(_ values: some Collection<UInt64>) -> UInt64 {
        values.sorted()[values.count / 2]
    }

    private static func distance(_ left: UInt64, _ right: UInt64) -> UInt64 {
        max(left, right) - min(left, right)
    }
}
