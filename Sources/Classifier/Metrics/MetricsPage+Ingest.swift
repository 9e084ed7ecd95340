// SPDX-License-Identifier: Apache-2.0
import Exposition
import Ledger

extension MetricsPage {
    /// Writes what came in and what became of it, since the process started.
    func writeIngest(to text: inout MetricsText) {
        let counts = pipeline.meter.snapshot
        text.family(
            "netledger_classifier_batches_total",
            help: "Batches that the ledger answered, by what became of them; deliveries for a gap.",
            kind: .counter
        ) {
            $0.sample([MetricLabel("outcome", "applied")], counts.applied)
            $0.sample([MetricLabel("outcome", "duplicate")], counts.duplicate)
            $0.sample([MetricLabel("outcome", "gap")], counts.gaps)
        }
        text.family(
            "netledger_classifier_batch_bytes_total",
            help: "Bytes of the bodies of batches that the ledger answered.",
            kind: .counter,
            value: counts.bytes
        )
        text.family(
            "netledger_classifier_records_total",
            help: "Flow records in the batches that were booked.",
            kind: .counter,
            value: counts.records
        )
        text.family(
            "netledger_classifier_legacy_batches_total",
            help:
                "Booked batches of acll19/netledger agents, which cannot be exactly once; batches_total has them too.",
            kind: .counter,
            value: counts.legacy
        )
        let refused = counts.refused.sorted { $0.key.rawValue < $1.key.rawValue }
        text.family(
            "netledger_classifier_refused_batches_total",
            help: "Batches of which nothing was booked, by reason.",
            kind: .counter
        ) { for (reason, sum) in refused { $0.sample([MetricLabel("reason", reason.rawValue)], sum.batches) } }
        text.family(
            "netledger_classifier_refused_bytes_total",
            help: "Bytes of the bodies of batches of which nothing was booked, by reason.",
            kind: .counter
        ) { for (reason, sum) in refused { $0.sample([MetricLabel("reason", reason.rawValue)], sum.bytes) } }
        text.family(
            "netledger_classifier_body_bytes",
            help: "Bytes of request bodies that are being read or decoded.",
            kind: .gauge,
            value: UInt64(pipeline.room.bytes)
        )
        text.family(
            "netledger_classifier_booking_seconds",
            help: "Time from a classified batch to its durable commit.",
            kind: .histogram
        ) { $0.histogram([], counts.bookingSeconds) }
    }

    /// Writes how the ledger does.
    func writeLedger(_ status: LedgerStatus, to text: inout MetricsText) {
        let activity = ledger.activity()
        let (seconds, attoseconds) = activity.commitTime.components
        text.family(
            "netledger_classifier_commits_total",
            help: "Commits of the ledger since the process started, by result.",
            kind: .counter
        ) {
            $0.sample([MetricLabel("result", "durable")], activity.commits)
            $0.sample([MetricLabel("result", "failed")], activity.failedCommits)
        }
        text.family(
            "netledger_classifier_commit_seconds_total",
            help: "Time that the ledger's commits took.",
            kind: .counter
        ) { $0.sample([], Double(seconds) + Double(attoseconds) * 1e-18) }
        text.family(
            "netledger_classifier_waiting_rows",
            help: "Rows that wait for a commit.",
            kind: .gauge,
            value: UInt64(max(0, activity.waitingRows))
        )
        text.family(
            "netledger_classifier_ledger_bytes",
            help: "Size of the ledger's file and its write-ahead log.",
            kind: .gauge,
            value: UInt64(max(0, status.fileBytes))
        )
        text.family(
            "netledger_classifier_ledger_series",
            help: "Series that the ledger knows.",
            kind: .gauge,
            value: UInt64(max(0, status.series))
        )
    }
}
