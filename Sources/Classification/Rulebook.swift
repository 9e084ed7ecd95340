// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Traffic

/// The rules of all times: a plan, and every loaded edition of the feeds.
///
/// An edition holds from its own beginning to that of the feed's next one; the first one holds before, too. So a
/// batch that arrives late, or a question about the past, is answered by the lists of its day. The plan holds at
/// all times.
///
/// A configuration that changes is a new rulebook.
///
/// ```swift
/// let rules = rulebook.rules(at: batch.interval.start)
/// let verdict = rules.verdict(remote: flow.remote, viaLoopback: flow.viaLoopback, from: vantage)
/// ```
public final class Rulebook: Sendable {
    /// Rule sets of the past that are kept; they are built when they are asked for.
    private static let maxKept = 3

    /// The editions that hold together from `start` on.
    private struct Epoch: Sendable {
        var start: Int64
        var feeds: [FeedSnapshot]
    }

    /// What the operator says.
    public let plan: NetworkPlan
    /// The rules that hold now and from now on.
    public let current: RuleSet

    private let epochs: [Epoch]
    let budget: NameBudget
    /// Rule sets of the past by epoch, the one that was used last at the end.
    private let past = Mutex<[(epoch: Int, rules: RuleSet)]>([])

    /// The rules that follow from `plan` and `feeds`.
    ///
    /// - Parameter feeds: in order of precedence; any number of editions of each feed, in any order. Of two
    ///   editions of a feed that begin at the same time, the later in the list counts.
    public init(_ plan: NetworkPlan, feeds: [FeedSnapshot] = []) {
        self.plan = plan
        // Names that now occur have room before names of the past.
        budget = NameBudget(plan, feeds: feeds.sorted { $0.validFrom > $1.validFrom })
        let order = feeds.reduce(into: [String]()) { if !$0.contains($1.feed) { $0.append($1.feed) } }
        let starts = Set(feeds.map(\.validFrom)).sorted()
        epochs = (starts.isEmpty ? [.min] : starts)
            .map { start in
                Epoch(start: start, feeds: order.compactMap { Self.edition(of: $0, among: feeds, at: start) })
            }
        current = RuleSet(plan, feeds: epochs.last?.feeds ?? [], budget: budget)
    }

    /// The feeds that hold now and which edition of each, in order of precedence.
    public var editions: [(feed: String, edition: String)] {
        (epochs.last?.feeds ?? []).map { ($0.feed, $0.edition) }
    }

    /// The rules that held at `time`, in nanoseconds since 1970-01-01T00:00:00Z.
    ///
    /// Quick for the present; the first question about an epoch of the past takes a fraction of a second.
    public func rules(at time: Int64) -> RuleSet {
        let index = epoch(at: time)
        guard index < epochs.count - 1 else { return current }
        return past.withLock { past in
            if let kept = past.firstIndex(where: { $0.epoch == index }) {
                let entry = past.remove(at: kept)
                past.append(entry)
                return entry.rules
            }
            let rules = RuleSet(plan, feeds: epochs[index].feeds, budget: budget)
            if past.count >= Self.maxKept { past.removeFirst() }
            past.append((index, rules))
            return rules
        }
    }

    /// True if the ``current`` rules hold at `time`.
    public func isCurrent(at time: Int64) -> Bool {
        epoch(at: time) == epochs.count - 1
    }

    private func epoch(at time: Int64) -> Int {
        max(0, epochs.lastIndex { $0.start <= time } ?? 0)
    }

    /// The edition of `feed` at `time`: the last that had begun, or the first of all.
    private static func edition(of feed: String, among feeds: [FeedSnapshot], at time: Int64) -> FeedSnapshot? {
        let editions = feeds.filter { $0.feed == feed }
        guard let first = editions.map(\.validFrom).min() else { return nil }
        let latest = editions.map(\.validFrom).filter { $0 <= max(time, first) }.max()
        return editions.last { $0.validFrom == latest }
    }
}
