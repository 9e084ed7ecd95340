// SPDX-License-Identifier: Apache-2.0
import Traffic

extension StatusReport {
    /// The report for people; ends with a line break.
    ///
    /// - Parameter units: How bytes are written.
    public func table(units: ByteUnits = .decimal) -> String {
        var lines = [
            "netledger-classifier \(version.printable), up \(Self.text(uptimeSeconds))",
            "Ledger: \(ledger.path.printable), \(units.text(ledger.bytes)), schema \(ledger.schemaVersion), "
                + "\(ledger.series) series",
            "Booked: \(units.text(totals.egressBytes)) egress, \(units.text(totals.ingressBytes)) ingress",
            "Batches since start: \(batches.applied) applied, \(batches.duplicate) duplicate, "
                + "\(batches.refused) refused",
            "Configuration: loaded \(UTCTime(secondsSinceEpoch: configuration.loadedAt))",
        ]
        if let error = configuration.error {
            lines.append("The configuration on disk cannot be used: \(error.printable)")
        }
        for feed in feeds {
            let time = feed.answeredAt.map { "answered \(UTCTime(secondsSinceEpoch: $0))" } ?? "never answered"
            lines.append(
                "Feed \(feed.feed.printable): \(time)\(feed.error.map { ", then failed: \($0.printable)" } ?? "")"
            )
        }
        if let namespaces {
            lines.append("Limited to these namespaces: \(namespaces.joined(separator: ", ").printable)")
        }
        lines.append("")
        if nodes.isEmpty {
            lines.append("No node has sent a batch yet.")
        } else {
            var table = TextTable(
                [TextTable.Column("CLUSTER"), TextTable.Column("NODE"), TextTable.Column("BOOT")]
                    + ["SEQUENCE", "BATCHES", "LAG"].map { TextTable.Column($0, isNumber: true) }
            )
            for node in nodes {
                table.append([
                    node.cluster, node.node, String(node.bootID.prefix(8)), String(node.sequence),
                    String(node.batches), Self.text(node.lagSeconds),
                ])
            }
            lines += table.lines()
        }
        lines.append("")
        if !accounts.isEmpty {
            var table = TextTable(
                [TextTable.Column("CLUSTER"), TextTable.Column("NODE")]
                    + ["SEEN", "BOOKED", "WAITING", "LOST", "CLOCK"].map { TextTable.Column($0, isNumber: true) }
                    + [TextTable.Column("BOOKS")]
            )
            for account in accounts {
                let bytes = [account.seen, account.booked, account.waiting, account.lost]
                    .map { units.text($0.egressBytes + $0.ingressBytes) }
                let skew = account.clockSkewMilliseconds.map { "\($0) ms" } ?? "-"
                table.append(
                    [account.cluster, account.node] + bytes + [skew, account.isBalanced ? "balance" : "DO NOT BALANCE"]
                )
            }
            lines += table.lines()
            lines.append("")
        }
        if lost.allSatisfy(\.loss.counters.isZero) {
            lines.append("Nothing was lost.")
        } else {
            var table = TextTable([
                TextTable.Column("CLUSTER"), TextTable.Column("NODE"), TextTable.Column("LOST"),
                TextTable.Column("EGRESS", isNumber: true), TextTable.Column("INGRESS", isNumber: true),
            ])
            for entry in lost where !entry.loss.counters.isZero {
                table.append([
                    entry.cluster, entry.node, entry.loss.reason, units.text(entry.loss.counters.egressBytes),
                    units.text(entry.loss.counters.ingressBytes),
                ])
            }
            lines += table.lines()
        }
        if let inventory { lines += [""] + inventory.lines(units: units) }
        if !rules.isEmpty {
            lines.append("")
            var table = TextTable([
                TextTable.Column("RULE"), TextTable.Column("EGRESS", isNumber: true),
                TextTable.Column("INGRESS", isNumber: true),
            ])
            for rule in rules {
                table.append([rule.rule, units.text(rule.counters.egressBytes), units.text(rule.counters.ingressBytes)])
            }
            lines += table.lines()
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Seconds as people read them: `42s`, `5m 3s`, `2h 10m`, `3d 4h`.
    private static func text(_ seconds: Int64) -> String {
        switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m \(seconds % 60)s"
        case ..<86_400: "\(seconds / 3600)h \(seconds / 60 % 60)m"
        default: "\(seconds / 86_400)d \(seconds / 3600 % 24)h"
        }
    }
}
