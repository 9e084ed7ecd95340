// SPDX-License-Identifier: Apache-2.0
import Exposition
import Ledger
import Queries
import Traffic

extension MetricsPage {
    /// Writes each node's account: seen = booked + waiting + lost, of which the losses stand in a family of their own.
    func writeNodes(_ status: LedgerStatus, to text: inout MetricsText) {
        let reports = pipeline.reports.all
        let accounts = [StatusReport.Account](status, reports)
        for (name, help, kind, counters) in [
            (
                "netledger_node_seen_bytes_total", "Layer 3 bytes that a node counted since the ledger knows it.",
                MetricKind.counter, \StatusReport.Account.seen
            ),
            (
                "netledger_node_booked_bytes_total", "Layer 3 bytes of a node that are in the ledger.",
                .counter, \.booked
            ),
            (
                "netledger_node_waiting_bytes", "Layer 3 bytes that a node had not delivered when it was last heard.",
                .gauge, \.waiting
            ),
        ] {
            text.family(name, help: help, kind: kind) { samples in
                for account in accounts {
                    let labels = [MetricLabel("cluster", account.cluster), MetricLabel("node", account.node)]
                    let bytes = account[keyPath: counters]
                    samples.sample(labels + [MetricLabel("direction", "egress")], bytes.egressBytes)
                    samples.sample(labels + [MetricLabel("direction", "ingress")], bytes.ingressBytes)
                }
            }
        }
        text.family(
            "netledger_node_clock_skew_seconds",
            help: "How far a node's clock was ahead of this host's at its latest delivery, the way here included.",
            kind: .gauge
        ) { samples in
            for report in reports {
                guard let skew = report.skew else { continue }
                let labels = [MetricLabel("cluster", report.cluster), MetricLabel("node", report.node)]
                samples.sample(labels, Double(skew) / 1e9)
            }
        }
        text.family(
            "netledger_node_reclocked_batches_total",
            help: "Batches booked by this host's clock since it started, because their own time could not be right.",
            kind: .counter
        ) { samples in
            for report in reports {
                for reason in NodeReports.Distrust.allCases {
                    guard let count = report.distrusted[reason] else { continue }
                    let labels = [
                        MetricLabel("cluster", report.cluster), MetricLabel("node", report.node),
                        MetricLabel("reason", reason.rawValue),
                    ]
                    samples.sample(labels, count)
                }
            }
        }
    }
}
