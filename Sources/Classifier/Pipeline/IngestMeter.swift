// SPDX-License-Identifier: Apache-2.0
import Exposition
import Ledger
import Synchronization

/// Counts what came in and what became of it, since the process started.
final class IngestMeter: Sendable {
    /// A count of batches and of their bodies' bytes.
    struct Refused: Equatable, Sendable {
        var batches: UInt64 = 0
        var bytes: UInt64 = 0
    }

    /// The counts at one moment.
    struct Counts: Sendable {
        /// Batches that were booked.
        var applied: UInt64 = 0
        /// Batches that had been booked before.
        var duplicate: UInt64 = 0
        /// Deliveries that were answered with the batch that is missing before them.
        var gaps: UInt64 = 0
        /// Flow records of the batches that were booked.
        var records: UInt64 = 0
        /// Bytes of the bodies of batches that were booked or had been.
        var bytes: UInt64 = 0
        /// Batches that were booked without a sequence of their agent's own; ``applied`` holds them too.
        var legacy: UInt64 = 0
        /// Seconds from a classified batch to its durable commit.
        var bookingSeconds = Histogram(bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
        /// By reason; every reason is present.
        var refused = Dictionary(uniqueKeysWithValues: IngestRefusal.Reason.allCases.map { ($0, Refused()) })
    }

    private let counts = Mutex(Counts())

    /// The counts now.
    var snapshot: Counts {
        counts.withLock { $0 }
    }

    /// Counts a batch that the ledger answered.
    ///
    /// - Parameters:
    ///   - records: Flow records it carried.
    ///   - bytes: Size of its body.
    ///   - elapsed: Time until the ledger answered.
    func count(_ outcome: Receipt.Outcome, records: Int, bytes: Int, elapsed: Duration) {
        let (seconds, attoseconds) = elapsed.components
        counts.withLock {
            switch outcome {
            case .applied:
                $0.applied += 1
                $0.records += UInt64(records)
            case .duplicate:
                $0.duplicate += 1
            case .gap:
                return
            }
            $0.bytes += UInt64(bytes)
            $0.bookingSeconds.observe(Double(seconds) + Double(attoseconds) * 1e-18)
        }
    }

    /// Counts a delivery of which nothing was booked because an earlier batch is missing.
    func countGap() {
        counts.withLock { $0.gaps += 1 }
    }

    /// Counts a batch that was booked and that its agent had not numbered.
    func countLegacy() {
        counts.withLock { $0.legacy += 1 }
    }

    /// Counts a batch that was refused.
    ///
    /// - Parameter bytes: Size of its body: what was read, or what `Content-Length` says if it was not read. As the
    ///   sender can say anything, the sum stops at its greatest value.
    func count(_ reason: IngestRefusal.Reason, bytes: UInt64) {
        counts.withLock {
            let sum = $0.refused[reason, default: Refused()]
            let (total, overflow) = sum.bytes.addingReportingOverflow(bytes)
            $0.refused[reason] = Refused(batches: sum.batches + 1, bytes: overflow ? .max : total)
        }
    }
}
