// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import TestSupport
import Traffic

@testable import Ledger

/// 2026-03-14T00:00:00Z, a midnight, in seconds since 1970.
let midnight: Int64 = 1_773_446_400

extension LedgerOptions {
    /// Commits as soon as the writer is free.
    static var immediate: LedgerOptions {
        var options = LedgerOptions()
        options.commitInterval = .zero
        options.now = { midnight }
        return options
    }

    /// Commits only when told to, or when `rows` wait.
    static func patient(commitRows rows: Int = .max, maximumWaitingRows: Int = .max) -> LedgerOptions {
        var options = LedgerOptions.immediate
        options.commitInterval = .seconds(100_000)
        options.commitRows = rows
        options.maximumWaitingRows = maximumWaitingRows
        return options
    }
}

extension Store {
    /// The series in the file.
    static func directory(_ db: Database) throws -> SeriesDirectory {
        var directory = SeriesDirectory()
        for key in try series(after: 0, db, path: "") { directory.append(key) }
        return directory
    }
}

extension BatchSource {
    static func sample(cluster: String = "c", node: String = "n1", boot: UInt128 = 1) -> BatchSource {
        BatchSource(cluster: cluster, node: node, bootID: boot)
    }
}

extension SeriesKey {
    static func sample(
        node: String = "n1",
        namespace: String = "shop",
        pod: String = "web",
        initiator: Initiator = .pod,
        scope: Scope = .internet,
        peer: SeriesKey.Peer = .unknown
    ) -> SeriesKey {
        SeriesKey(
            cluster: "c",
            node: node,
            region: "r1",
            zone: "z1",
            ownerKind: .unit,
            namespace: namespace,
            pod: pod,
            trafficClass: TrafficClass(initiator: initiator, scope: scope),
            rule: "default",
            peer: peer
        )
    }
}

extension FlowCounters {
    /// `bytes` out, twice that in, and a packet for each.
    static func sample(_ bytes: UInt64) -> FlowCounters {
        FlowCounters(egressBytes: bytes, ingressBytes: 2 * bytes, egressPackets: 1, ingressPackets: 1)
    }

    static func + (left: FlowCounters, right: FlowCounters) -> FlowCounters {
        var sum = left
        sum += right
        return sum
    }
}

extension Booking {
    /// One entry of `bytes` for each of `pods`, counted in the 5 seconds from `second`.
    static func sample(
        source: BatchSource = .sample(),
        sequence: UInt64,
        at second: Int64 = midnight,
        pods: [String] = ["web"],
        bytes: UInt64 = 1000,
        losses: [Loss] = []
    ) -> Booking {
        Booking(
            source: source,
            sequence: sequence,
            interval: Interval(start: second * 1_000_000_000, end: (second + 5) * 1_000_000_000),
            entries: pods.map { Entry(series: .sample(node: source.node, pod: $0), counters: .sample(bytes)) },
            losses: losses,
            records: pods.count
        )
    }
}

extension UsageQuery {
    /// The day that begins at ``midnight``.
    static func day(groupBy: [Dimension] = [], step: Int64? = nil) -> UsageQuery {
        UsageQuery(start: midnight, end: midnight + 86_400, step: step, groupBy: groupBy)
    }
}

extension Ledger {
    /// Everything booked on the day that begins at ``midnight``, read at every resolution, which must agree.
    func dayTotal(steps: [Int64?] = [60, 3600, nil]) async throws -> FlowCounters {
        var totals: Set<FlowCounters> = []
        for step in steps {
            totals.insert(try await facts(for: .day(step: step)).facts.reduce(.zero) { $0 + $1.counters })
        }
        guard totals.count == 1, let total = totals.first else { throw Disagreement(totals: totals) }
        return total
    }

    /// Bytes of the tiers that should be the same and are not.
    struct Disagreement: Error {
        var totals: Set<FlowCounters>
    }

    /// Returns once `rows` wait for a commit.
    func waits(for rows: Int) async {
        while activity().waitingRows < rows { await Task.yield() }
    }
}

/// The code of the ledger error that `body` throws, or `nil` if it throws none.
func code(of body: () async throws -> Void) async throws -> LedgerError.Code? {
    do {
        try await body()
        return nil
    } catch let error as LedgerError {
        return error.code
    }
}
