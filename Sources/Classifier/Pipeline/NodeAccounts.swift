// SPDX-License-Identifier: Apache-2.0
import Ledger
import Queries
import Traffic

extension [StatusReport.Account] {
    /// The account of every node: what the ledger holds, and what the nodes said last.
    init(_ status: LedgerStatus, _ reports: [NodeReports.Report]) {
        let said = Dictionary(reports.map { ([$0.cluster, $0.node], $0) }) { first, _ in first }
        let marks = Dictionary(status.nodes.map { ($0.source, $0.running) }) { first, _ in first }
        self = status.accounts.map { account in
            let report = said[[account.cluster, account.node]]
            var waiting = FlowCounters.zero
            if let report, let counted = report.counted {
                let source = BatchSource(cluster: account.cluster, node: account.node, bootID: report.bootID)
                if let running = marks[source] ?? nil { waiting = counted.subtracting(running) }
            }
            var seen = account.accepted
            seen += waiting
            return StatusReport.Account(
                cluster: account.cluster,
                node: account.node,
                seen: seen,
                booked: account.booked,
                waiting: waiting,
                lost: account.lost,
                clockSkewMilliseconds: report?.skew.map { $0 / 1_000_000 },
                reclockedBatches: report?.distrusted.values.reduce(0, +) ?? 0
            )
        }
    }
}
