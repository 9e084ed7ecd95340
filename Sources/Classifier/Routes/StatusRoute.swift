// SPDX-License-Identifier: Apache-2.0
import Feeds
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Queries
import Traffic

/// `GET /api/v1/status`: what the ledger holds and how far each node has come.
struct StatusRoute: Sendable {
    /// Where the bytes are booked.
    let ledger: Ledger
    /// The ledger's file, as it was configured.
    let path: String
    /// What books the batches.
    let pipeline: Pipeline
    /// The rules and how they were loaded.
    let rules: LiveRules
    /// What knows the cluster's objects; `nil` if nothing does.
    let feed: InventoryFeed?
    /// When the classifier started, in seconds since 1970-01-01T00:00:00Z.
    let started: Int64

    /// The route.
    var route: Route {
        .get("/api/v1/status", for: .limitedReaders) { _, parameters in
            Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: try await report(for: parameters.visibility).json()))
            )
        }
    }

    private func report(for visibility: Visibility) async throws -> StatusReport {
        let status = try await ledger.status(within: visibility)
        let isLimited = visibility != .everything
        let counts = isLimited ? IngestMeter.Counts() : pipeline.meter.snapshot
        let configuration = rules.status
        let now = pipeline.clock.seconds
        return StatusReport(
            version: Version.current,
            uptimeSeconds: max(0, now - started),
            ledger: StatusReport.LedgerFile(
                path: isLimited ? "" : path,
                bytes: UInt64(max(0, status.fileBytes)),
                schemaVersion: status.schemaVersion,
                series: UInt64(max(0, status.series))
            ),
            totals: status.totals,
            batches: StatusReport.Batches(
                applied: counts.applied,
                duplicate: counts.duplicate,
                refused: counts.refused.values.reduce(0) { $0 + $1.batches }
            ),
            nodes: status.nodes.map { StatusReport.Node($0, now: now) },
            lost: status.losses.map { StatusReport.NodeLoss(cluster: $0.cluster, node: $0.node, loss: $0.loss) },
            accounts: [StatusReport.Account](status, pipeline.reports.all),
            configuration: StatusReport.Configuration(
                loadedAt: configuration.loadedAt,
                error: isLimited ? nil : configuration.error
            ),
            rules: isLimited
                ? []
                : ledger.ruleTotals().map { StatusReport.RuleBytes(rule: $0.rule, counters: $0.counters) },
            feeds: isLimited
                ? []
                : rules.feedStatuses.map { feed, remote, status in
                    StatusReport.Feed(
                        feed: feed.kind.rawValue,
                        url: remote.url,
                        answeredAt: status.answeredAt,
                        error: status.error
                    )
                },
            namespaces: visibility.names,
            inventory: isLimited
                ? nil
                : feed.map {
                    InventoryReport(
                        $0,
                        nodes: status.nodes,
                        unattributed: ledger.unattributedTotals(),
                        unjudged: ledger.unjudgedTotals(),
                        clock: pipeline.clock
                    )
                }
        )
    }
}

extension StatusReport.Node {
    /// - Parameter now: Seconds since 1970-01-01T00:00:00Z.
    fileprivate init(_ node: LedgerStatus.Node, now: Int64) {
        let hex = String(node.source.bootID, radix: 16)
        let end = node.lastIntervalEnd / 1_000_000_000
        self.init(
            cluster: node.source.cluster,
            node: node.source.node,
            bootID: String(repeating: "0", count: 32 - hex.count) + hex,
            sequence: node.sequence,
            lastIntervalEnd: end,
            batches: node.batches,
            lagSeconds: now - end
        )
    }
}
