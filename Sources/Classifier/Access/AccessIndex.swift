// SPDX-License-Identifier: Apache-2.0

/// The rules of an access file in the order in which they are looked for: thousands of agents may have a token each.
struct AccessIndex: Sendable {
    /// The rules themselves.
    let rules: AccessRules
    /// True if a rule asks for a Kubernetes token.
    let needsTokenReviews: Bool
    /// Those about agents that show a token, by its digest.
    ///
    /// How long the table takes tells about digests at most, and nobody finds a token by them.
    private let agentsByToken: [SHA256Digest: [AccessRules.Agent]]
    private let otherAgents: [AccessRules.Agent]
    private let readersByToken: [SHA256Digest: [AccessRules.Reader]]
    private let otherReaders: [AccessRules.Reader]

    /// The index of `rules`.
    init(_ rules: AccessRules) {
        self.rules = rules
        needsTokenReviews = rules.needsTokenReviews
        (agentsByToken, otherAgents) = Self.byToken(rules.agents, \.credential)
        (readersByToken, otherReaders) = Self.byToken(rules.readers, \.credential)
    }

    /// True if a rule is about the token with this digest.
    func knows(_ token: SHA256Digest) -> Bool {
        agentsByToken[token] != nil || readersByToken[token] != nil
    }

    /// The rules about agents that may ask for the token with this digest; if `nil`, for anything else.
    func agents(with token: SHA256Digest?) -> [AccessRules.Agent] {
        token.map { agentsByToken[$0, default: []] } ?? otherAgents
    }

    /// The rules about readers that may ask for the token with this digest; if `nil`, for anything else.
    func readers(with token: SHA256Digest?) -> [AccessRules.Reader] {
        token.map { readersByToken[$0, default: []] } ?? otherReaders
    }

    private static func byToken<Rule>(
        _ party: AccessRules.Party<Rule>,
        _ credential: (Rule) -> AccessRules.Credential
    ) -> ([SHA256Digest: [Rule]], [Rule]) {
        var known: [SHA256Digest: [Rule]] = [:]
        var others: [Rule] = []
        guard case .listed(let list) = party else { return (known, others) }
        for rule in list {
            if case .token(let digest) = credential(rule) {
                known[digest, default: []].append(rule)
            } else {
                others.append(rule)
            }
        }
        return (known, others)
    }
}
