// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Queries
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

/// Answers that are too large to be gathered, and those that are sent while they are read.
@Suite("Large answers") struct StreamTests {
    private static let start = TestClassifier.start - 3 * 3600
    private static let question =
        "/api/v1/usage?start=\(UTCTime(secondsSinceEpoch: start))&end=\(UTCTime(secondsSinceEpoch: TestClassifier.start))"
        + "&step=1m&group_by=pod&format=csv"

    /// Two minutes with 300 pods each, hours apart: too far for one read.
    private func fill(_ client: some TestClientProtocol) async throws {
        let owners = (1...300).map { Owner.unit("pod-\($0)", cgroupID: UInt64($0)) }
        let flows = owners.indices.map { Flow.to("93.184.216.34", owner: $0, egress: 1000) }
        for (sequence, start) in [(1, Self.start), (2, TestClassifier.start - 120)] {
            try await client.post(
                FlowBatch.test(sequence: UInt64(sequence), start: start, owners: owners, flows: flows)
            )
        }
    }

    private func fetch(_ client: some TestClientProtocol) throws -> String {
        let raw = try RawClient(port: #require(client.port))
        raw.send("GET \(Self.question) HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        return try raw.readToEnd()
    }

    @Test(.enabled(if: TestEnvironment.has("sqlite3"), "needs sqlite3"))
    func anAnswerThatFailsInTheMiddleIsCutAndNotEnded() async throws {
        let classifier = try TestClassifier()
        let path = classifier.settings.database
        try await classifier.run(.live) { client in
            try await fill(client)
            let whole = try fetch(client)
            #expect(whole.hasPrefix("HTTP/1.1 200"), "\(whole.prefix(200))")
            #expect(whole.lowercased().contains("netledger-complete: true"))
            #expect(whole.hasSuffix("\r\n0\r\n\r\n"), "the last piece of a whole answer says that it is the last")
            #expect(whole.matches(of: /,1000,0,1,0\r\n/).count == 600)
            try Shell.run([
                "sqlite3", path,
                "UPDATE minute SET egress_bytes = -1 WHERE bucket_start = (SELECT max(bucket_start) FROM minute)",
            ])
            let broken = try fetch(client)
            #expect(broken.hasPrefix("HTTP/1.1 200"), "\(broken.prefix(200))")
            #expect(broken.matches(of: /,1000,0,1,0\r\n/).count == 300)
            #expect(!broken.contains("\r\n0\r\n"), "nobody may take what came for everything")
            // A client of ours says so, too.
            let port = try #require(client.port)
            await #expect(throws: (any Error).self) {
                _ = try await TestClient.withClient(host: "localhost", port: port) { try await $0.get(Self.question) }
            }
        }
    }

    /// JSON is refused with what to do instead, and CSV has every row.
    @Test func moreRowsThanMayBeGatheredAreRefusedButStreamed() async throws {
        try await TestClassifier { $0.mostRows = 500 }
            .run { client in
                try await fill(client)
                let question = Self.question.replacing("format=csv", with: "format=json")
                let refused = try await client.get(question)
                #expect(refused.status == .unprocessableContent, "\(refused.text.prefix(300))")
                let problem = try refused.problem()
                #expect(problem.parameter == "group_by")
                #expect(problem.detail.contains("more than 500 rows") && problem.detail.contains("format=csv"))
                let csv = try await client.get(Self.question)
                #expect(csv.status == .ok)
                #expect(CSVText.cells(csv.text).count == 601)
            }
        // Too many groups are refused before a row is read, as CSV too.
        try await TestClassifier { $0.mostRows = 100 }
            .run { client in
                try await fill(client)
                for format in ["csv", "json"] {
                    let refused = try await client.get("/api/v1/usage?start=-4h&group_by=pod&format=\(format)")
                    #expect(refused.status == .unprocessableContent)
                    #expect(try refused.problem().detail.contains("more than 100 groups"))
                }
            }
    }
}
