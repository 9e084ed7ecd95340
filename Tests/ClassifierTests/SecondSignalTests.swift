// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import Ledger
import NIOCore
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

/// Who insists that the classifier ends does not lose what it has answered, and repeats nothing.
@Suite struct SecondSignalTests {
    /// A request that never ends keeps a polite end waiting.
    @Test func aSecondSignalEndsTheClassifierAtOnceAndLosesNothing() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let arguments = ["--database", directory.file("ledger.db")]
        let start = Int64(Date.now.timeIntervalSince1970) / 60 * 60 - 120
        let (first, second) = (FlowBatch.test(sequence: 1, start: start), FlowBatch.test(sequence: 2, start: start))
        let classifier = try await ClassifierProcess(arguments: arguments, in: directory)
        #expect(try await classifier.withClient { try await $0.post(first) }.status == .ok)
        let slow = try RawClient(port: classifier.port)
        let body = try second.encoded()
        slow.send(
            "POST /v1/flows HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n"
                + "content-length: \(body.count)\r\n\r\n"
        )
        #expect(slow.send(Array(body.dropLast(1))))
        try await classifier.withClient { client in
            try await waitUntil("the body has come") {
                let text = String(buffer: try await client.get("/metrics").body ?? ByteBuffer())
                return MetricsSnapshot(text)["netledger_classifier_body_bytes"] == Double(body.count - 1)
            }
        }
        classifier.process.signal(SIGTERM)
        // One that comes while the first is not yet seen would be the same.
        try await waitUntil("it ends", within: .seconds(20), every: .milliseconds(100)) {
            classifier.process.signal(SIGTERM)
            return classifier.process.exitStatus != nil
        }
        #expect(classifier.process.exitStatus == .code(0))
        #expect(classifier.process.output.contains("told twice to stop"))

        let again = try await ClassifierProcess(arguments: arguments + ["--log-level", "info"], in: directory)
        for (batch, outcome) in [(first, Acknowledgement.Outcome.duplicate), (second, .applied)] {
            let answer = try await again.withClient { try await $0.post(batch) }
            let bytes = Array((answer.body ?? ByteBuffer()).readableBytesView)
            #expect(try Acknowledgement(encoded: bytes).outcome == outcome)
        }
        again.process.signal(SIGTERM)
        #expect(try await again.process.waitForExit() == .code(0))
        let ledger = try Ledger(path: directory.file("ledger.db"))
        #expect(try await ledger.status().totals.egressBytes == 2000)
        await ledger.close()
    }
}
