// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOEmbedded
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

/// Thousands of connections that do nothing.
@Suite(.serialized) struct ConnectionFloodTests {
    /// As many as the limit of this process's files allows, 10,000 at most; half of them for the other side.
    private static let flood: Int = {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        limit.rlim_cur = min(limit.rlim_max, 12_000)
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return min(10_000, Int(limit.rlim_cur) - 1_000)
    }()

    @Test(.enabled(if: flood >= 10_000, "needs a limit of 11,000 open files"))
    func tenThousandIdleConnectionsDoNotStopIngest() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let classifier = try await ClassifierProcess(
            arguments: ["--database", directory.file("ledger.db")],
            in: directory
        )
        let start = Int64(Date.now.timeIntervalSince1970) / 60 * 60 - 120
        try await classifier.withClient { agent in
            #expect(try await agent.post(FlowBatch.test(sequence: 1, start: start)).status == .ok)
            var idle: [RawClient] = []
            for index in 0..<Self.flood {
                let raw = try RawClient(port: classifier.port)
                // Half of them say nothing, half begin to.
                if index % 2 == 0 { raw.send("GET /") }
                idle.append(raw)
            }
            // An agent that was there before, and one that comes now.
            #expect(try await agent.post(FlowBatch.test(sequence: 2, start: start)).status == .ok)
            try await classifier.withClient { newcomer in
                let batch = FlowBatch.test(node: "node-2", sequence: 1, start: start)
                let response = try await newcomer.post(batch)
                #expect(response.status == .ok)
            }
            let page = try await agent.get("/metrics").body ?? ByteBuffer()
            let metrics = MetricsSnapshot(String(buffer: page))
            #expect(metrics["netledger_classifier_connections"] ?? .infinity <= 8_192)
            withExtendedLifetime(idle) {}
        }
        classifier.process.signal(SIGTERM)
        #expect(try await classifier.process.waitForExit() == .code(0))
    }

    @Test func theLongestIdleStrangerMakesRoom() async throws {
        try await TestClassifier { $0.exposure.maxConnections = 16 }
            .run(.live) { client in
                let port = try #require(client.port)
                try await client.post(FlowBatch.test(sequence: 1))
                let first = try RawClient(port: port)
                let others = try (0..<40).map { _ in try RawClient(port: port) }
                #expect(try first.readToEnd() == "")
                // The agent's connection was used with success, so it stays.
                try await client.post(FlowBatch.test(sequence: 2))
                // What has connected is not accepted yet.
                try await waitUntil("25 of the 40, and the first, are gone") {
                    try await client.metrics()["netledger_classifier_evicted_connections_total"] == 26
                }
                #expect(try await client.metrics()["netledger_classifier_connections"] == 16)
                withExtendedLifetime(others) {}
            }
    }

    @Test func whileAllAreBusyTheNewcomerGoes() {
        let table = ConnectionTable(limit: 2)
        let channels = (0..<3).map { _ in EmbeddedChannel() }
        let connections = channels.map { _ in Connection(trust: 0) }
        for (connection, channel) in zip(connections, channels).prefix(2) {
            table.opened(connection, channel: channel)
            table.isBusy(connection)
        }
        table.opened(connections[2], channel: channels[2])
        #expect(table.evicted == 1)
        table.closed(connections[2])
        table.isIdle(connections[0])
        let late = Connection(trust: 0)
        table.opened(late, channel: EmbeddedChannel())
        #expect(table.evicted == 2 && table.count == 2)
    }
}
