// SPDX-License-Identifier: Apache-2.0

import Traffic

/// A time during which an address belonged to somebody.
struct Claim: Sendable {
    /// Who has an address.
    enum Holder: Hashable, Sendable {
        /// The pod with this UID.
        case pod(String)
        /// The node with this name.
        case node(String)
        /// The service.
        case service(ClusterService.Name)
        /// An endpoint of the service that is no pod.
        case endpoint(ClusterService.Name)
    }

    /// Who had the address.
    let holder: Holder
    /// The pod that has it, as it was told last while it did: found here, it need not be looked up by its UID.
    var pod: Inventory.PodEntry?
    /// First nanosecond since 1970 of the claim.
    let start: Int64
    /// First nanosecond after the claim; `.max` as long as it holds.
    var end: Int64

    /// True until the claim is known to have ended.
    var isOpen: Bool {
        end == .max
    }

    /// How long after a claim has ended its address still stands for it, if nobody else has claimed it: the last
    /// packets to a peer that is gone are on their way for that long; in nanoseconds, 2 minutes.
    static let aftermath: Int64 = 120 * 1_000_000_000
}

extension Array where Element == Claim {
    /// Who had the address during `interval`.
    ///
    /// The claim that began last before the interval did, and had not ended then. If there is none, the first one
    /// that began within the interval; else the one that ended last, if that was less than ``Claim/aftermath`` before.
    /// So where two claims overlap, the later one counts: an address is given to a pod only when it is free, and
    /// word of the end of its last holder may come late.
    func holder(during interval: Interval) -> Claim? {
        // Claims are compared in place: a copy would cost more than all else here.
        var within: Int?
        var before: Int?
        for index in indices.reversed() {
            if self[index].start >= interval.end { continue }
            if self[index].start > interval.start {
                within = index
                continue
            }
            if self[index].end > interval.start { return self[index] }
            if before.map({ self[index].end > self[$0].end }) ?? true { before = index }
        }
        if let within { return self[within] }
        guard let before, interval.start - self[before].end < Claim.aftermath else { return nil }
        return self[before]
    }

    /// The starts of intervals during which nobody has the address, or the same claim does, whatever their length, `start`
    /// among them; `nil` if that is not said easily.
    func tenure(at start: Int64) -> Range<Int64>? {
        guard let last else { return .min ..< .max }
        if last.start <= start, start < last.end { return last.start..<last.end }
        let latest = lazy.map(\.end).max() ?? .max
        let (free, isNever) = latest.addingReportingOverflow(Claim.aftermath)
        return !isNever && free <= start ? free ..< .max : nil
    }

    /// Adds a claim; the array stays in the order of the starts.
    mutating func insert(_ claim: Claim) {
        let index = lastIndex { $0.start <= claim.start }.map { $0 + 1 } ?? 0
        insert(claim, at: index)
    }

    /// Ends the open claim of `holder` at `time`, or at its start if that is later.
    mutating func end(_ holder: Claim.Holder, at time: Int64) {
        for index in indices where self[index].holder == holder && self[index].isOpen {
            self[index].end = Swift.max(time, self[index].start)
        }
    }

    /// Takes newer word of a pod that has the address now.
    mutating func tell(of entry: Inventory.PodEntry) {
        for index in indices where self[index].isOpen && self[index].holder == .pod(entry.pod.uid) {
            self[index].pod = entry
        }
    }
}
