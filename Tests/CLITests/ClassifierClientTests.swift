// SPDX-License-Identifier: Apache-2.0
import Queries
import TestSupport
import Testing
import Traffic

@testable import CLI

@Suite struct ClassifierClientTests {
    private func failure(_ server: CannedServer) async throws -> String {
        let client = ClassifierClient(checked: server.url)
        return try await #require(throws: CommandFailure.self) { _ = try await client.usage([]) }.description
    }

    @Test func anAnswerIsAskedForAndRead() async throws {
        let query = UsageQuery(start: 0, end: 60, groupBy: [.pod])
        let fact = UsageFacts.Fact(bucketStart: 0, group: ["a b"], counters: FlowCounters(egressBytes: 7))
        let answer = UsageAnswer(query, UsageFacts(resolution: .minute, facts: [fact]))
        let server = try CannedServer(body: answer.json())
        let client = ClassifierClient(checked: server.url)
        #expect(try await client.usage([("group_by", "pod"), ("pod", "a b&c")]) == answer)
        #expect(server.requests == ["GET /api/v1/usage?group_by=pod&pod=a%20b%26c&format=json HTTP/1.1"])
    }

    @Test func aLargeAnswerComesInPieces() async throws {
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }
        let server = try CannedServer(body: body)
        var received: [UInt8] = []
        var pieces = 0
        try await ClassifierClient(checked: server.url)
            .stream("/x", []) { piece in
                received += piece
                pieces += 1
            }
        #expect(received == body)
        #expect(pieces > 1)
    }

    @Test func whatAnAnswerLacksIsSaid() async throws {
        let fields = [
            "netledger-complete: false", "netledger-pruned: 2026-01-01T00:00:00Z/2026-02-01T00:00:00Z",
            "netledger-lost-bytes: 7", "netledger-gaps: 2",
        ]
        let lacking = try CannedServer(body: [], fields: fields)
        #expect(
            try await ClassifierClient(checked: lacking.url).stream("/x", []) { _ in } == [
                "Incomplete: 2026-01-01T00:00:00Z/2026-02-01T00:00:00Z was pruned.",
                "7 bytes of this time were lost.", "Nodes that lost bytes or fell silent: 2; format=json names them.",
            ]
        )
        let whole = try CannedServer(
            body: [],
            fields: ["NetLedger-Complete: true", "NetLedger-Lost-Bytes: 0", "NetLedger-Gaps: 0"]
        )
        #expect(try await ClassifierClient(checked: whole.url).stream("/x", []) { _ in } == [])
    }

    @Test func aProblemIsShown() async throws {
        let problem = Problem(QueryError(parameter: "step", detail: "is too small\u{1b}[2J"))
        let server = try CannedServer(status: "400 Bad Request", body: problem.json())
        #expect(
            try await failure(server) == "'step': is too small\u{fffd}[2J (\(server.url)/api/v1/usage answered 400)"
        )
    }

    @Test func anErrorOfSomethingElseIsShown() async throws {
        let server = try CannedServer(status: "502 Bad Gateway", body: Array("<html>".utf8))
        #expect(
            try await failure(server)
                == "\(server.url)/api/v1/usage answered 502. Is a netledger-classifier there?"
        )
    }

    @Test func anAnswerOfSomethingElseIsRefused() async throws {
        let server = try CannedServer(body: Array("<html>".utf8))
        #expect(try await failure(server).contains("answered with something else than was asked for"))
    }

    @Test func aBrokenAnswerIsSaidToBe() async throws {
        let server = try CannedServer(body: Array("{".utf8), length: 100)
        #expect(try await failure(server).contains("broke off its answer"))
    }

    @Test func nobodyThereTellsHowToStartOne() async throws {
        // A server that has gone leaves a port where nobody listens.
        let url = try CannedServer(body: []).url
        let client = ClassifierClient(checked: url)
        let failure = try await #require(throws: CommandFailure.self) { _ = try await client.status() }
        #expect(failure.description.hasPrefix("No classifier answers at \(url). Start one with 'netledger run'"))
        #expect(failure.description.contains("--server"))
        #expect(await client.code("/healthz", within: .seconds(5)) == nil)
    }

    @Test func aStatusCodeIsAnAnswer() async throws {
        let server = try CannedServer(status: "503 Service Unavailable", body: [])
        #expect(await ClassifierClient(checked: server.url).code("/readyz", within: .seconds(5)) == 503)
        #expect(server.requests == ["GET /readyz HTTP/1.1"])
    }
}
