// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

/// What somebody meets who should not speak.
@Suite struct CredentialTests {
    private static let agent = "system:serviceaccount:netledger:netledger-agent"
    private static let access = """
        agents:
          - token: agent-1
            nodes: [node-1]
          - service-account: netledger/netledger-agent
        readers:
          - token: reader
        """
    private static let questions = [
        "/metrics", "/api/v1/usage", "/api/v1/usage?format=csv", "/api/v1/status", "/api/v1/explain?remote=8.8.8.8",
    ]

    private func classifier(_ known: [String: ReviewedToken] = [:]) throws -> TestClassifier {
        try TestClassifier(access: Self.access, reviewer: FakeReviewer(known))
    }

    private func expectDenial(
        _ response: TestResponse,
        _ status: HTTPResponse.Status,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(response.status == status, "\(response.text)", sourceLocation: sourceLocation)
        _ = try response.problem(sourceLocation: sourceLocation)
        let challenge = response.headers[.wwwAuthenticate]
        #expect(challenge?.hasPrefix(#"Bearer realm="netledger""#) == true, sourceLocation: sourceLocation)
    }

    @Test(arguments: questions)
    func aQuestionNeedsCredentials(question: String) async throws {
        try await classifier()
            .run { client in
                try expectDenial(try await client.get(question), .unauthorized)
                try expectDenial(try await client.get(question, token: "wrong"), .unauthorized)
                // An agent's token is good, and not for asking.
                try expectDenial(try await client.get(question, token: "agent-1"), .forbidden)
                #expect(try await client.get(question, token: "reader").status == .ok)
            }
    }

    /// Whatever is added is behind the gate, too.
    @Test func everythingButHealthNeedsCredentials() async throws {
        let operations = try classifier().application().responder.operations
        #expect(operations.count > 12)
        try await classifier()
            .run { client in
                for operation in operations.sorted() {
                    let parts = operation.split(separator: " ").map(String.init)
                    guard !["/healthz", "/readyz"].contains(parts[1]) else { continue }
                    let method = try #require(HTTPRequest.Method(parts[0]))
                    for headers in [[:], [.authorization: "Bearer wrong"]] as [HTTPFields] {
                        let response = try await client.execute(uri: parts[1], method: method, headers: headers) { $0 }
                        try expectDenial(response, .unauthorized)
                    }
                }
            }
    }

    @Test(arguments: ["/healthz", "/readyz"])
    func healthIsForEverybody(path: String) async throws {
        let response = try await classifier().run { try await $0.get(path) }
        #expect(response.status == .ok)
    }

    @Test(arguments: ["/v1/flows", "/write-network-statistics"])
    func aReportNeedsCredentialsBeforeItIsRead(path: String) async throws {
        try await classifier()
            .run { client in
                let batch = ByteBuffer(bytes: try FlowBatch.test().encoded())
                for token in [nil, "wrong"] {
                    var headers: HTTPFields = [.contentType: "application/x-protobuf"]
                    headers[.authorization] = token.map { "Bearer \($0)" }
                    try await client.execute(uri: path, method: .post, headers: headers, body: batch) {
                        try expectDenial($0, .unauthorized)
                    }
                }
                let headers: HTTPFields = [.authorization: "Bearer reader"]
                try await client.execute(uri: path, method: .post, headers: headers, body: batch) {
                    try expectDenial($0, .forbidden)
                }
                let status = try await client.get("/api/v1/status", token: "reader").text
                #expect(status.contains(#""egress_bytes":0"#) && status.contains(#""refused":0"#))
            }
    }

    @Test func aBatchOfAnotherNodeBooksNothing() async throws {
        try await classifier()
            .run { client in
                for node in ["node-2", "node-1 ", "NODE-1", "node-1/../node-2"] {
                    let bytes = try FlowBatch.test(node: node).encoded()
                    let response = try await client.post(bytes: bytes, token: "agent-1")
                    try expectDenial(response, .forbidden)
                    #expect(try response.problem().field == "node")
                }
                let own = try await client.post(bytes: FlowBatch.test(node: "node-1").encoded(), token: "agent-1")
                #expect(own.status == .ok)
                let metrics = MetricsSnapshot(try await client.get("/metrics", token: "reader").text)
                #expect(metrics.refused("foreign_node").first == 4)
                let status = try await client.get("/api/v1/status", token: "reader").text
                #expect(status.contains("node-1") && !status.contains("node-2"))
            }
    }

    @Test func aKubernetesTokenReportsForItsOwnNodeOnly() async throws {
        let token = FakeReviewer.token()
        try await classifier([token: .user(username: Self.agent, node: "node-1")])
            .run { client in
                let foreign = try await client.post(bytes: FlowBatch.test(node: "node-2").encoded(), token: token)
                try expectDenial(foreign, .forbidden)
                let own = try await client.post(bytes: FlowBatch.test(node: "node-1").encoded(), token: token)
                #expect(own.status == .ok)
            }
    }

    @Test func anExpiredTokenAndOneForOthersAreRefused() async throws {
        let good = ReviewedToken.user(username: Self.agent, node: "node-1")
        let expired = FakeReviewer.token(expires: TestClassifier.start - 1)
        let foreign = FakeReviewer.token(audience: "https://kubernetes.default.svc")
        // Even if the API server took them.
        try await classifier([expired: good, foreign: good])
            .run { client in
                for token in [expired, foreign, "x.y.z", "a.b", String(repeating: "a", count: 20_000)] {
                    let response = try await client.post(bytes: FlowBatch.test().encoded(), token: token)
                    try expectDenial(response, .unauthorized)
                }
            }
    }

    @Test(arguments: [
        "reader", "Basic cmVhZGVyOnJlYWRlcg==", "Bearer", "Bearer ", "Bearer reader reader", "Bearer reader,reader",
        "Bearer \"reader\"", "Bearer reader\u{e9}", "Digest reader", "Bearerreader",
    ])
    func whatIsNotOneBearerTokenIsRefused(field: String) async throws {
        try await classifier()
            .run { client in
                let headers: HTTPFields = [.authorization: field]
                try await client.execute(uri: "/api/v1/status", method: .get, headers: headers) {
                    try expectDenial($0, .unauthorized)
                }
            }
    }

    @Test func twoAuthorizationsAreNone() async throws {
        try await classifier()
            .run { client in
                var headers = HTTPFields()
                headers.append(HTTPField(name: .authorization, value: "Bearer wrong"))
                headers.append(HTTPField(name: .authorization, value: "Bearer reader"))
                try await client.execute(uri: "/api/v1/status", method: .get, headers: headers) {
                    try expectDenial($0, .unauthorized)
                }
            }
    }

    @Test(arguments: [
        "//api/v1/status", "/api/v1/status/", "/api//v1/status", "/api/v1/./status", "/healthz/../api/v1/status",
        "/api/v1/%73tatus", "/api/v1/status%00", "/API/v1/status", "/api/v1/status;a=b",
        "/healthz%2f..%2fapi/v1/status",
        "/api/v1/status%2f", "/../../../../etc/passwd", "/api/v1/status#x", "\\api\\v1\\status",
    ])
    func noWayOfWritingAPathGoesPastTheGate(path: String) async throws {
        try await classifier()
            .run { client in
                let response = try await client.get(path)
                #expect(
                    [.notFound, .unauthorized, .badRequest].contains(response.status),
                    "\(path): \(response.status)"
                )
                #expect(!response.text.contains("uptime_seconds") && !response.text.contains("root:"))
            }
    }

    @Test func answersAndMetricsShowNoToken() async throws {
        try await classifier()
            .run { client in
                let secret = "s3cret-token"
                for path in Self.questions + ["/nothing", "/healthz"] {
                    let response = try await client.get(path, token: secret)
                    #expect(!response.text.contains(secret))
                    #expect(response.headers.allSatisfy { !$0.value.contains(secret) })
                }
                let metrics = try await client.get("/metrics", token: "reader").text
                #expect(!metrics.contains(secret))
                #expect(
                    MetricsSnapshot(metrics)[
                        #"netledger_classifier_denied_requests_total{reason="invalid_credentials"}"#
                    ] == Double(Self.questions.count)
                )
            }
    }

    @Test func theAccessFileIsReadAgain() async throws {
        let classifier = try TestClassifier(access: Self.access)
        let door = try FrontDoor(
            classifier.settings.exposure,
            reviewer: FakeReviewer([:]),
            clock: classifier.clock.wall,
            logger: TestClassifier.silent
        )
        func write(_ text: String) throws {
            try text.write(toFile: classifier.directory.file("access.yaml"), atomically: true, encoding: .utf8)
            door.reloader.reloadIfChanged()
        }
        func isReader(_ token: String) async -> Bool {
            var caller = Caller()
            caller.token = token
            // Whatever the reason, it may not ask.
            return (try? await door.gate.visibility(caller)) != nil
        }
        #expect(await isReader("reader"))
        try write("agents: []\nreaders: [{token: other}]")
        #expect(await !isReader("reader"))
        #expect(await isReader("other"))
        try write("agents: []\nreaders: [{tokn: third}]")
        #expect(await isReader("other"))
        #expect(door.reloader.status.error?.contains("access.yaml:2") == true)
        #expect(door.reloader.status.failures == 1)
        // It asks for what these settings cannot give.
        try write("agents: [{certificate: \"*\"}]\nreaders: []")
        #expect(await isReader("other"))
        #expect(door.reloader.status.error?.contains("--client-ca") == true)
        try write("agents: []\nreaders: anyone")
        #expect(await isReader("third"))
        #expect(door.reloader.status == .init(error: nil, successes: 2, failures: 2))
    }
}
