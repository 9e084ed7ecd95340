// SPDX-License-Identifier: Apache-2.0
import Foundation
import Queries
import TestSupport
import Testing
import Traffic

@Suite struct StatusReportTests {
    private let report = StatusReport(
        version: "0.1.0",
        uptimeSeconds: 7_805,
        ledger: StatusReport.LedgerFile(path: "/var/lib/netledger.db", bytes: 4096, schemaVersion: 1, series: 12),
        totals: FlowCounters(egressBytes: 1_000_000, ingressBytes: 5, egressPackets: 3, ingressPackets: 1),
        batches: StatusReport.Batches(applied: 40, duplicate: 2, refused: 1),
        nodes: [
            StatusReport.Node(
                cluster: "default",
                node: "host",
                bootID: "00112233445566778899aabbccddeeff",
                sequence: 40,
                lastIntervalEnd: 1_785_585_600,
                batches: 40,
                lagSeconds: 65
            )
        ],
        lost: [
            StatusReport.NodeLoss(
                cluster: "default",
                node: "host",
                loss: Loss(reason: "map_full", counters: FlowCounters(egressBytes: 1500, egressPackets: 1))
            )
        ],
        accounts: [
            StatusReport.Account(
                cluster: "default",
                node: "host",
                seen: FlowCounters(egressBytes: 1_002_000, ingressBytes: 5),
                booked: FlowCounters(egressBytes: 1_000_000, ingressBytes: 5),
                waiting: FlowCounters(egressBytes: 500),
                lost: FlowCounters(egressBytes: 1500),
                clockSkewMilliseconds: -12,
                reclockedBatches: 3
            )
        ],
        configuration: StatusReport.Configuration(loadedAt: 1_785_585_000, error: "a.yaml:3: no"),
        rules: [StatusReport.RuleBytes(rule: "default", counters: FlowCounters(egressBytes: 2000, ingressBytes: 3))],
        feeds: [
            StatusReport.Feed(feed: "aws", url: "https://x/y", answeredAt: 1_785_585_000, error: "status 500")
        ]
    )

    @Test func asJSON() throws {
        let bytes = report.json()
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"version":"0.1.0","uptime_seconds":7805,"#
                + #""ledger":{"path":"/var/lib/netledger.db","bytes":4096,"schema_version":1,"series":12},"#
                + #""totals":{"egress_bytes":1000000,"ingress_bytes":5,"egress_packets":3,"ingress_packets":1},"#
                + #""batches":{"applied":40,"duplicate":2,"refused":1},"#
                + #""nodes":[{"cluster":"default","node":"host","boot_id":"00112233445566778899aabbccddeeff","#
                + #""sequence":40,"last_interval_end":"2026-08-01T12:00:00Z","batches":40,"lag_seconds":65}],"#
                + #""lost":[{"cluster":"default","node":"host","reason":"map_full","egress_bytes":1500,"#
                + #""ingress_bytes":0,"egress_packets":1,"ingress_packets":0}],"#
                + #""accounts":[{"cluster":"default","node":"host","#
                + #""seen":{"egress_bytes":1002000,"ingress_bytes":5,"egress_packets":0,"ingress_packets":0},"#
                + #""booked":{"egress_bytes":1000000,"ingress_bytes":5,"egress_packets":0,"ingress_packets":0},"#
                + #""waiting":{"egress_bytes":500,"ingress_bytes":0,"egress_packets":0,"ingress_packets":0},"#
                + #""lost":{"egress_bytes":1500,"ingress_bytes":0,"egress_packets":0,"ingress_packets":0},"#
                + #""clock_skew_ms":-12,"reclocked_batches":3}],"#
                + #""configuration":{"loaded_at":"2026-08-01T11:50:00Z","error":"a.yaml:3: no"},"#
                + #""feeds":[{"feed":"aws","url":"https://x/y","answered_at":"2026-08-01T11:50:00Z","error":"status 500"}],"#
                + #""rules":[{"rule":"default","egress_bytes":2000,"ingress_bytes":3,"egress_packets":0,"ingress_packets":0}]}"#
        )
        #expect(try JSONSerialization.jsonObject(with: Data(bytes)) is [String: Any])
    }

    @Test func theInventoryForPeople() {
        var report = report
        report.inventory = InventoryReport(
            cluster: "blue",
            isSynced: true,
            residentBytes: 4096,
            collections: [
                InventoryReport.Collection(
                    name: "pods",
                    phase: "waiting",
                    isSynced: true,
                    objects: 7,
                    lastProgress: 1_785_585_000,
                    error: "connection refused"
                ),
                InventoryReport.Collection(
                    name: "nodes",
                    phase: "watching",
                    isSynced: false,
                    objects: 2,
                    lastProgress: nil,
                    error: nil
                ),
            ],
            unattributed: FlowCounters(egressBytes: 5, ingressBytes: 6),
            reattributed: FlowCounters(egressBytes: 7),
            findings: [
                InventoryReport.Finding(
                    problem: "nodes_without_zone",
                    detail: "Label them.",
                    count: 1,
                    examples: ["n1"],
                    bytes: 2000
                )
            ]
        )
        let table = report.table()
        for text in [
            """
            Cluster blue: all objects are known, 4.10 kB of memory
            Known: 7 pods, 2 nodes
            pods (waiting): connection refused
            Waiting for their pod: 5 B egress, 6 B ingress
            Found their pod later: 7 B egress, 0 B ingress
            Missing: nodes_without_zone (1), 2.00 kB affected
              Label them.
              n1

            RULE
            """
        ] {
            #expect(table.contains(text), "\(table)")
        }
        report.inventory?.findings = []
        #expect(report.table().contains("\nNothing is missing.\n"))
    }

    @Test func forPeople() {
        #expect(
            report.table() == """
                netledger-classifier 0.1.0, up 2h 10m
                Ledger: /var/lib/netledger.db, 4.10 kB, schema 1, 12 series
                Booked: 1.00 MB egress, 5 B ingress
                Batches since start: 40 applied, 2 duplicate, 1 refused
                Configuration: loaded 2026-08-01T11:50:00Z
                The configuration on disk cannot be used: a.yaml:3: no
                Feed aws: answered 2026-08-01T11:50:00Z, then failed: status 500

                CLUSTER  NODE  BOOT      SEQUENCE  BATCHES    LAG
                default  host  00112233        40       40  1m 5s

                CLUSTER  NODE     SEEN   BOOKED  WAITING     LOST   CLOCK  BOOKS
                default  host  1.00 MB  1.00 MB    500 B  1.50 kB  -12 ms  balance

                CLUSTER  NODE  LOST       EGRESS  INGRESS
                default  host  map_full  1.50 kB      0 B

                RULE      EGRESS  INGRESS
                default  2.00 kB      3 B

                """
        )
    }

    @Test func booksThatDoNotBalanceAreShouted() {
        var report = report
        report.accounts[0].booked.egressBytes -= 1
        #expect(report.table().contains("-12 ms  DO NOT BALANCE\n"))
    }

    @Test func withoutNodesAndLosses() {
        var empty = report
        empty.nodes = []
        empty.lost = []
        empty.accounts = []
        empty.rules = []
        empty.configuration.error = nil
        let text = empty.table()
        #expect(text.contains("No node has sent a batch yet.\n"))
        #expect(text.hasSuffix("Nothing was lost.\n"))
    }
}
