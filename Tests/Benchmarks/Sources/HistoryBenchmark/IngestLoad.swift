// SPDX-License-Identifier: Apache-2.0
import Instruments
import Ledger
import Traffic

/// Bookings as a classifier makes them of 100,000 records a second: 100 nodes with 1,000 each, which are 200 series.
///
/// They are booked to the newest series of a sample, in the minutes behind its end, so no question about the sample
/// counts them. It stays in the file.
struct IngestLoad {
    private let ledger: Ledger
    private let end: Int64
    private let firstPod: Int
    private let pods: Int

    private static let nodes = 100

    /// The load on `ledger`, a sample that ends at `end` (seconds since 1970).
    init(_ ledger: Ledger, end: Int64) async throws {
        self.ledger = ledger
        self.end = end
        let all = try await ledger.status().series / LedgerSample.classes.count
        pods = min(2500, all)
        firstPod = all - pods
    }

    /// Books a second's records every second until the task is cancelled.
    ///
    /// - Returns: The records that were booked, in a second.
    func run() async throws -> Double {
        let bootID = UInt128.random(in: 1 ... .max)
        let begin = ContinuousClock.now
        var seconds: Int64 = 0
        while !Task.isCancelled {
            let start = (end + seconds) * 1_000_000_000
            seconds += 1
            let sequence = UInt64(seconds)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for node in 0..<Self.nodes {
                    group.addTask { _ = try await ledger.book(booking(node, bootID, sequence, start)) }
                }
                do {
                    try await group.waitForAll()
                } catch is CancellationError {
                    // The load is over; what of this second was booked is not counted.
                    seconds -= 1
                }
            }
            // A load that cannot keep up shows in the rate.
            try? await Task.sleep(until: begin + .seconds(seconds))
        }
        return Double(seconds) * 1000 * Double(Self.nodes) / ((ContinuousClock.now - begin) / .seconds(1))
    }

    private func booking(_ node: Int, _ bootID: UInt128, _ sequence: UInt64, _ start: Int64) -> Booking {
        let entries = stride(from: node, to: pods, by: Self.nodes)
            .flatMap { pod in
                LedgerSample.classes.map { trafficClass in
                    Booking.Entry(
                        series: LedgerSample.series(pod: firstPod + pod, trafficClass),
                        counters: FlowCounters(
                            egressBytes: 1500,
                            ingressBytes: 600,
                            egressPackets: 3,
                            ingressPackets: 2
                        )
                    )
                }
            }
        return Booking(
            source: BatchSource(cluster: "sample", node: "node-\(node)", bootID: bootID),
            sequence: sequence,
            interval: Interval(start: start, end: start + 1_000_000_000),
            entries: entries,
            records: 1000
        )
    }
}
