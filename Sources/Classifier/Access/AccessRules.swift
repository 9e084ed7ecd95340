import Classification
// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Who may report and who may ask, by what they prove: the access file.
struct AccessRules: Sendable {
    /// What a caller has to show to be meant by a rule.
    enum Credential: Sendable {
        /// A certificate of the client authorities, by one of its names.
        case certificate(NamePattern)
        /// A token with this digest.
        case token(SHA256Digest)
        /// A Kubernetes token of this service account, written `namespace/name`.
        case serviceAccount(String)
    }

    /// A rule about who may report.
    struct Agent: Sendable {
        var credential: Credential
        /// The nodes that it may report for; `nil` for the one that its credential names.
        var nodes: [NamePattern]?
        /// The clusters that it may report for; `nil` for all.
        var clusters: [NamePattern]?
    }

    /// A rule about who may ask.
    struct Reader: Sendable {
        var credential: Credential
        /// The namespaces that it may ask about; `nil` for all of them, and for what has none.
        var namespaces: Set<String>?
    }

    /// Who may do something.
    enum Party<Rule: Sendable>: Sendable {
        /// Whoever can connect.
        case anyone
        /// Who one of the rules means.
        case listed([Rule])
    }

    /// Who may post batches.
    var agents: Party<Agent> = .anyone
    /// Who may ask.
    var readers: Party<Reader> = .anyone
    /// The audience that a Kubernetes token must be made for.
    var audience = "netledger"

    /// Everybody may do everything: what holds on loopback without an access file.
    static let open = AccessRules()

    /// Every credential that occurs.
    var credentials: [Credential] {
        var all: [Credential] = []
        if case .listed(let rules) = agents { all += rules.map(\.credential) }
        if case .listed(let rules) = readers { all += rules.map(\.credential) }
        return all
    }

    /// True if a rule asks for a certificate.
    var needsCertificates: Bool {
        credentials.contains { if case .certificate = $0 { true } else { false } }
    }

    /// True if a rule asks for a Kubernetes token.
    var needsTokenReviews: Bool {
        credentials.contains { if case .serviceAccount = $0 { true } else { false } }
    }
}
