import Classification
import Settings
import Testing
// SPDX-License-Identifier: Apache-2.0
import Traffic

@testable import Classifier

@Suite struct AccessRulesTests {
    private func rules(_ text: String) throws -> AccessRules {
        try AccessRules(SettingsFile(path: "access.yaml", text: text))
    }

    @Test func everyKindOfEntryIsRead() throws {
        let rules = try rules(
            """
            agents:
              - certificate: "*"
              - service-account: netledger/netledger-agent
                clusters: [berlin]
              - token: secret
                nodes: [db-1, "web-*"]
            readers:
              - token-sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                namespaces: [shop]
            audience: ledger
            """
        )
        guard case .listed(let agents) = rules.agents, case .listed(let readers) = rules.readers else {
            Issue.record("lists are lists")
            return
        }
        #expect(agents.count == 3 && readers.count == 1)
        #expect(rules.audience == "ledger")
        #expect(rules.needsCertificates && rules.needsTokenReviews)
        #expect(agents[2].nodes?.map(\.text) == ["db-1", "web-*"])
        #expect(agents[1].clusters?.map(\.text) == ["berlin"])
        #expect(readers[0].namespaces == ["shop"])
        guard case .token(let digest) = readers[0].credential else {
            Issue.record("a digest is a token's")
            return
        }
        #expect(digest == SHA256Digest(of: "test".utf8))
    }

    @Test func anyoneIsAWordAndNobodyIsAnEmptyList() throws {
        let rules = try rules("agents: anyone\nreaders: []")
        if case .listed = rules.agents { Issue.record("anyone may report") }
        guard case .listed(let readers) = rules.readers else {
            Issue.record("an empty list is nobody")
            return
        }
        #expect(readers.isEmpty)
    }

    @Test(arguments: [
        ("agents: anyone", "needs both"),
        ("readers: anyone", "needs both"),
        ("", "needs both"),
        ("agents: everybody\nreaders: anyone", "anyone"),
        ("agents: anyone\nreaders: anyone\nreader: []", "reader"),
        ("agents: [{nodes: [a]}]\nreaders: anyone", "exactly one of"),
        ("agents: [{token: a, certificate: b, nodes: [a]}]\nreaders: anyone", "exactly one of"),
        ("agents: [{token: a}]\nreaders: anyone", "needs nodes"),
        ("agents: [{token: a, nodes: []}]\nreaders: anyone", "empty"),
        ("agents: anyone\nreaders: [{token: a, namespaces: []}]", "empty"),
        ("agents: anyone\nreaders: [{token: a, namespaces: }]", "empty"),
        ("agents: [{service-account: agent}]\nreaders: anyone", "namespace/name"),
        ("agents: [{service-account: \"*/agent\"}]\nreaders: anyone", "namespace/name"),
    ])
    func whatIsNotMeantIsRefused(text: String, part: String) throws {
        let error = try #require(throws: SettingsError.self) { _ = try rules(text) }
        #expect(error.description.contains("access.yaml"))
        #expect(error.description.contains(part), "\(error)")
    }

    @Test(arguments: ["token: \"s3cret word\"", "token-sha256: s3cret", "token: [s3cret]"])
    func anErrorShowsNoSecret(entry: String) throws {
        let error = try #require(throws: SettingsError.self) {
            _ = try rules("agents: anyone\nreaders:\n  - \(entry)")
        }
        #expect(error.description.contains("access.yaml:3"))
        #expect(!error.description.contains("s3cret"))
    }
}
