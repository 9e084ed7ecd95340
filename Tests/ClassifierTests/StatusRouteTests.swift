// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing
import Traffic

@testable import Classifier

@Suite struct StatusRouteTests {
    private struct Document: Decodable {
        struct File: Decodable {
            var path: String
            var bytes: UInt64
            var schema_version: Int
            var series: Int
        }

        struct Batches: Decodable, Equatable {
            var applied: UInt64
            var duplicate: UInt64
            var refused: UInt64
        }

        struct Node: Decodable, Equatable {
            var cluster: String
            var node: String
            var boot_id: String
            var sequence: UInt64
            var last_interval_end: String
            var batches: UInt64
            var lag_seconds: Int64
        }

        struct Lost: Decodable, Equatable {
            var cluster: String
            var node: String
            var reason: String
            var egress_bytes: UInt64
            var ingress_bytes: UInt64
            var egress_packets: UInt64
            var ingress_packets: UInt64
        }

        var version: String
        var uptime_seconds: Int64
        var ledger: File
        var totals: [String: UInt64]
        var batches: Batches
        var nodes: [Node]
        var lost: [Lost]
    }

    @Test func everyMemberIsTold() async throws {
        let classifier = try TestClassifier()
        try await classifier.run { client in
            let loss = Loss(
                reason: "map_full",
                counters: FlowCounters(egressBytes: 1, ingressBytes: 2, egressPackets: 3, ingressPackets: 4)
            )
            let batch = FlowBatch.test(bootID: 0xabc, sequence: 4, start: TestClassifier.start - 60, losses: [loss])
            try await client.post(batch)
            try await client.post(batch)
            _ = try await client.post(bytes: [0])
            classifier.clock.advance(seconds: 100)

            let response = try await client.get("/api/v1/status")
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == "application/json")
            let status = try JSONDecoder().decode(Document.self, from: Data(response.body.readableBytesView))
            #expect(status.version == Version.current)
            #expect(status.uptime_seconds == 100)
            #expect(status.ledger.path == classifier.settings.database)
            #expect(status.ledger.bytes > 0)
            #expect(status.ledger.schema_version >= 1)
            #expect(status.ledger.series == 1)
            #expect(
                FlowCounters(row: status.totals)
                    == FlowCounters(egressBytes: 1000, ingressBytes: 5000, egressPackets: 1, ingressPackets: 5)
            )
            #expect(status.batches == Document.Batches(applied: 1, duplicate: 1, refused: 1))
            #expect(
                status.nodes == [
                    Document.Node(
                        cluster: "default",
                        node: "node-1",
                        boot_id: "00000000000000000000000000000abc",
                        sequence: 4,
                        last_interval_end: "2026-03-04T09:59:05Z",
                        batches: 1,
                        lag_seconds: 155
                    )
                ]
            )
            #expect(
                status.lost == [
                    Document.Lost(
                        cluster: "default",
                        node: "node-1",
                        reason: "map_full",
                        egress_bytes: 1,
                        ingress_bytes: 2,
                        egress_packets: 3,
                        ingress_packets: 4
                    )
                ]
            )
        }
    }
}
