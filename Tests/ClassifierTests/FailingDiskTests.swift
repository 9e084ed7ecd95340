// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Queries
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier
@testable import Ledger

/// While the ledger's disk takes nothing, agents are told to come back; when it does again, nobody has to help.
@Suite struct FailingDiskTests {
    private func expectRefusal(_ response: TestClient.Response, _ reason: String) {
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.retryAfter].flatMap { Int($0) } ?? 0 > 0)
        let text = String(buffer: response.body ?? ByteBuffer())
        #expect(text.contains("Nothing was booked") && text.contains(reason), "\(text)")
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a file system takes root"))
    func aFullDiskIsAnsweredWith503UntilThereIsRoom() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let disk = try SmallDisk(mebibytes: 4)
        let classifier = try await ClassifierProcess(arguments: ["--database", disk.file("ledger.db")], in: directory)
        let start = Int64(Date.now.timeIntervalSince1970) / 60 * 60 - 120
        let owners = (0..<2000).map { Owner.unit("unit-\($0)", cgroupID: UInt64($0 + 1)) }
        let large = FlowBatch.test(
            sequence: 2,
            start: start,
            owners: owners,
            flows: owners.indices.map { .to("93.184.216.34", owner: $0, egress: 10) }
        )
        try await classifier.withClient { client in
            #expect(try await client.post(FlowBatch.test(sequence: 1, start: start)).status == .ok)
            try disk.fill()
            for _ in 0..<3 { expectRefusal(try await client.post(large), "full") }
            #expect(try await client.get("/readyz").status == .serviceUnavailable)
            #expect(try await client.get("/healthz").status == .ok)
            #expect(try await client.get("/api/v1/usage").status == .ok)
            disk.empty()
            let answer = try await client.post(large)
            #expect(answer.status == .ok)
            #expect(try await client.get("/readyz").status == .ok)
            let metrics = MetricsSnapshot(String(buffer: try await client.get("/metrics").body ?? ByteBuffer()))
            #expect(metrics.refused("ledger_unavailable").first == 3)
            let path = "/api/v1/usage?start=-1h"
            let usage = String(buffer: try await client.get(path).body ?? ByteBuffer())
            #expect(usage.contains("\"egress_bytes\":21000"), "\(usage)")
        }
        classifier.process.signal(SIGTERM)
        #expect(try await classifier.process.waitForExit() == .code(0))
    }

    @Test func aReadOnlyLedgerIsAnsweredWith503UntilItCanBeWritten() async throws {
        let classifier = try TestClassifier()
        let pipeline = try classifier.pipeline()
        let ledger = pipeline.ledger
        _ = try await pipeline.ingest(try FlowBatch.test(sequence: 1).encoded(), from: .anyone)
        try await ledger.store.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA query_only = 1") }
        for _ in 0..<3 {
            let refusal = await #expect(throws: IngestRefusal.self) {
                try await pipeline.ingest(try FlowBatch.test(sequence: 2).encoded(), from: .anyone)
            }
            #expect(refusal?.problem.problem.status == 503 && refusal?.problem.headers[.retryAfter] == "5")
        }
        try await ledger.store.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA query_only = 0") }
        let answer = try await pipeline.ingest(try FlowBatch.test(sequence: 2).encoded(), from: .anyone)
        #expect(answer == Acknowledgement(outcome: .applied, nextSequence: 3))
        #expect(try await ledger.status().totals.egressBytes == 2000)
        await ledger.close()
    }
}
