// SPDX-License-Identifier: Apache-2.0
import Classification
import HTTPTypes
import Queries
import Settings
import Testing
import Traffic

@testable import Classifier

@Suite struct GatekeeperTests {
    private let clock = ManualClock(seconds: TestClassifier.start)
    private static let agent = "system:serviceaccount:netledger:netledger-agent"

    private func gate(
        _ text: String,
        _ reviewer: FakeReviewer? = nil,
        trust: @escaping @Sendable () -> Int = { 0 }
    ) throws -> Gatekeeper {
        Gatekeeper(
            try AccessRules(SettingsFile(path: "access.yaml", text: text)),
            reviews: reviewer.map { TokenReviews($0, clock: clock.wall) },
            trust: trust,
            clock: clock.wall,
            logger: TestClassifier.silent
        )
    }

    private func caller(
        names: Set<String>? = nil,
        notAfter: Int64 = TestClassifier.start + 60,
        token: String? = nil
    ) -> Caller {
        var caller = Caller()
        caller.certificate = names.map { ClientCertificate(names: $0, notAfter: notAfter, trust: 0) }
        caller.token = token
        return caller
    }

    private func node(_ name: String, cluster: String = "default") -> BatchSource {
        BatchSource(cluster: cluster, node: name, bootID: 1)
    }

    private func status(_ body: () async throws -> Void) async throws -> RequestProblem {
        try await #require(throws: RequestProblem.self) { try await body() }
    }

    @Test func aCertificateSpeaksForItsOwnNode() async throws {
        let gate = try gate("agents: [{certificate: \"*\"}]\nreaders: []")
        for (names, own) in [
            (["node-1"], "node-1"), (["system:node:node-1"], "node-1"),
            (["spiffe://example.org/netledger/node/node-1"], "node-1"),
            (["node-1", "node-1.example.org"], "node-1.example.org"),
        ] as [(Set<String>, String)] {
            let sender = try await gate.sender(caller(names: names))
            #expect(sender.mayReport(for: node(own)), "\(names)")
            #expect(sender.mayReport(for: node(own, cluster: "other")))
            for stranger in ["node-2", "node-11", "node", "", "*", "NODE-1"] {
                #expect(!sender.mayReport(for: node(stranger)), "\(names) for \(stranger)")
            }
        }
    }

    @Test func aStarInACertificateIsNoPattern() async throws {
        let gate = try gate("agents: [{certificate: \"*\"}]\nreaders: []")
        let problem = try await status { _ = try await gate.sender(caller(names: ["*"])) }
        #expect(problem.problem.status == 403)
        let sender = try await gate.sender(caller(names: ["*.example.org", "node-1"]))
        #expect(!sender.mayReport(for: node("a.example.org")))
    }

    @Test func anEntryCanNameOtherNodesAndClusters() async throws {
        let gate = try gate("agents: [{certificate: relay, nodes: [\"edge-*\"], clusters: [berlin]}]\nreaders: []")
        let sender = try await gate.sender(caller(names: ["relay"]))
        #expect(sender.mayReport(for: node("edge-7", cluster: "berlin")))
        #expect(!sender.mayReport(for: node("edge-7", cluster: "bonn")))
        #expect(!sender.mayReport(for: node("relay", cluster: "berlin")))
        let problem = try await status { _ = try await gate.sender(caller(names: ["edge-7"])) }
        #expect(problem.problem.status == 403)
    }

    @Test func anExpiredCertificateIsNone() async throws {
        let gate = try gate("agents: [{certificate: \"*\"}]\nreaders: [{certificate: \"*\"}]")
        let caller = caller(names: ["node-1"], notAfter: TestClassifier.start + 10)
        _ = try await gate.sender(caller)
        clock.advance(seconds: 11)
        #expect(try await status { _ = try await gate.sender(caller) }.problem.status == 401)
        #expect(try await status { _ = try await gate.visibility(caller) }.problem.status == 401)
    }

    @Test func aCertificateOfAWithdrawnAuthorityIsNone() async throws {
        let gate = try gate("agents: [{certificate: \"*\"}]\nreaders: []", trust: { 1 })
        #expect(try await status { _ = try await gate.sender(caller(names: ["node-1"])) }.problem.status == 401)
    }

    @Test func aTokenSpeaksForTheNodesOfItsEntry() async throws {
        let gate = try gate(
            "agents: [{token: t1, nodes: [db-1]}, {token: t2, nodes: [\"web-*\"]}]\nreaders: [{token: r}]"
        )
        let sender = try await gate.sender(caller(token: "t2"))
        #expect(sender.mayReport(for: node("web-9")) && !sender.mayReport(for: node("db-1")))
        for token in ["t", "t3", "T1", "t1 ", "r2"] {
            let problem = try await status { _ = try await gate.sender(caller(token: token)) }
            #expect(problem.problem.status == 401, "\(token)")
            #expect(problem.headers[.wwwAuthenticate] == #"Bearer realm="netledger", error="invalid_token""#)
        }
        // A reader's token is known, and is not an agent's.
        let problem = try await status { _ = try await gate.sender(caller(token: "r")) }
        #expect(problem.problem.status == 403)
        #expect(problem.headers[.wwwAuthenticate]?.contains("insufficient_scope") == true)
    }

    @Test func withoutCredentialsTheyAreAskedFor() async throws {
        let gate = try gate("agents: [{token: t, nodes: [a]}]\nreaders: [{token: r}]")
        for problem in [
            try await status { _ = try await gate.sender(Caller()) },
            try await status { _ = try await gate.visibility(Caller()) },
        ] {
            #expect(problem.problem.status == 401)
            #expect(problem.headers[.wwwAuthenticate] == #"Bearer realm="netledger""#)
        }
        #expect(gate.denied.first { $0.reason == .noCredentials }?.count == 2)
    }

    @Test func aServiceAccountSpeaksForTheNodeOfItsPod() async throws {
        let own = FakeReviewer.token(signature: "own")
        let other = FakeReviewer.token(signature: "other")
        let user = FakeReviewer.token(signature: "user")
        let reviewer = FakeReviewer([
            own: .user(username: Self.agent, node: "node-1"),
            other: .user(username: "system:serviceaccount:shop:web", node: "node-1"),
            user: .user(username: "netledger:netledger-agent", node: "node-1"),
        ])
        let gate = try gate("agents: [{service-account: netledger/netledger-agent}]\nreaders: []", reviewer)
        let sender = try await gate.sender(caller(token: own))
        #expect(sender.mayReport(for: node("node-1")) && !sender.mayReport(for: node("node-2")))
        #expect(try await status { _ = try await gate.sender(caller(token: other)) }.problem.status == 403)
        #expect(try await status { _ = try await gate.sender(caller(token: user)) }.problem.status == 401)
        let stranger = FakeReviewer.token(signature: "forged")
        #expect(try await status { _ = try await gate.sender(caller(token: stranger)) }.problem.status == 401)
    }

    @Test func aTokenWithoutANodeIsTold() async throws {
        let token = FakeReviewer.token()
        let reviewer = FakeReviewer([token: .user(username: Self.agent, node: nil)])
        let gate = try gate("agents: [{service-account: netledger/netledger-agent}]\nreaders: []", reviewer)
        let problem = try await status { _ = try await gate.sender(caller(token: token)) }
        #expect(problem.problem.status == 403)
        #expect(problem.problem.detail.contains("names no node"))
    }

    @Test func whileKubernetesIsSilentAgentsKeepTheirBatches() async throws {
        let reviewer = FakeReviewer([:])
        reviewer.disappear()
        let gate = try gate(
            "agents: [{service-account: netledger/netledger-agent}, {certificate: \"*\"}]\nreaders: []",
            reviewer
        )
        let problem = try await status { _ = try await gate.sender(caller(token: FakeReviewer.token())) }
        #expect(problem.problem.status == 503)
        #expect(problem.headers[.retryAfter] != nil)
        // A certificate speaks for itself.
        let sender = try await gate.sender(caller(names: ["node-1"], token: FakeReviewer.token()))
        #expect(sender.mayReport(for: node("node-1")))
    }

    @Test func readersSeeWhatTheirEntriesSay() async throws {
        let gate = try gate(
            """
            agents: []
            readers:
              - {token: all}
              - {token: shop, namespaces: [shop, pay]}
              - {certificate: "*.ops", namespaces: [ops]}
            """
        )
        #expect(try await gate.visibility(caller(token: "all")) == .everything)
        #expect(try await gate.visibility(caller(token: "shop")) == .namespaces(["shop", "pay"]))
        #expect(try await gate.visibility(caller(names: ["a.ops"])) == .namespaces(["ops"]))
        #expect(
            try await gate.visibility(caller(names: ["a.ops"], token: "shop")) == .namespaces(["shop", "pay", "ops"])
        )
        #expect(try await gate.visibility(caller(names: ["a.ops"], token: "all")) == .everything)
        #expect(try await status { _ = try await gate.visibility(caller(names: ["x"])) }.problem.status == 403)
    }
}
