import Classification
import HTTPTypes
import Logging
import Queries
import Synchronization
// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Decides who may report and who may ask, and for what.
///
/// A caller that has shown a certificate and a token is let in by either. Rules can be replaced at any time; a request
/// is judged by those that hold when it begins.
final class Gatekeeper: Sendable {
    /// What a caller has proved.
    private enum Proof: Sendable {
        case certificate(ClientCertificate)
        case token(SHA256Digest)
        case serviceAccount(String, node: String?)

        /// The digest of the token, if it is one.
        var token: SHA256Digest? {
            if case .token(let digest) = self { digest } else { nil }
        }

        /// True if it is what `credential` asks for.
        func satisfies(_ credential: AccessRules.Credential) -> Bool {
            switch (self, credential) {
            case (.certificate(let certificate), .certificate(let pattern)):
                certificate.names.contains { pattern.matches($0) }
            case (.token(let digest), .token(let expected)): digest.isEqual(to: expected)
            case (.serviceAccount(let name, _), .serviceAccount(let expected)): name == expected
            default: false
            }
        }
    }

    private let rules: Mutex<AccessIndex>
    private let reviews: TokenReviews?
    private let trust: @Sendable () -> Int
    private let clock: WallClock
    private let logger: Logger
    private let denials = Mutex<[AccessDenial.Reason: UInt64]>([:])

    /// A gatekeeper that goes by `rules`.
    ///
    /// - Parameters:
    ///   - reviews: Knows whose a Kubernetes token is; `nil` if nobody can say.
    ///   - trust: Which authorities are believed now; see ``ServerTLS``.
    init(
        _ rules: AccessRules,
        reviews: TokenReviews? = nil,
        trust: @escaping @Sendable () -> Int = { 0 },
        clock: WallClock,
        logger: Logger
    ) {
        self.rules = Mutex(AccessIndex(rules))
        self.reviews = reviews
        self.trust = trust
        self.clock = clock
        self.logger = logger
    }

    /// Requests that were turned away, by reason; every reason is present.
    var denied: [(reason: AccessDenial.Reason, count: UInt64)] {
        denials.withLock { denials in AccessDenial.Reason.allCases.map { ($0, denials[$0, default: 0]) } }
    }

    /// From now on goes by `rules`.
    func replace(_ rules: AccessRules) {
        let index = AccessIndex(rules)
        self.rules.withLock { $0 = index }
    }

    /// Whose batches `caller` may post.
    ///
    /// - Throws: A problem of status 401, 403 or 503.
    func sender(_ caller: Caller) async throws(RequestProblem) -> Sender {
        let index = current
        guard case .listed = index.rules.agents else { return .anyone }
        var grants: [Sender.Grant] = []
        let proofs = try await proofs(of: caller, index)
        for proof in proofs {
            for rule in index.agents(with: proof.token) where proof.satisfies(rule.credential) {
                let nodes = rule.nodes ?? Self.nodes(of: proof)
                if !nodes.isEmpty { grants.append(Sender.Grant(nodes: nodes, clusters: rule.clusters)) }
            }
        }
        guard !grants.isEmpty else { throw deny(caller, proofs, as: "report") }
        return .known(grants)
    }

    /// What `caller` may ask about.
    ///
    /// - Throws: A problem of status 401, 403 or 503.
    func visibility(_ caller: Caller) async throws(RequestProblem) -> Visibility {
        let index = current
        guard case .listed = index.rules.readers else { return .everything }
        let proofs = try await proofs(of: caller, index)
        let matching = proofs.flatMap { proof in
            index.readers(with: proof.token).filter { proof.satisfies($0.credential) }
        }
        guard !matching.isEmpty else { throw deny(caller, proofs, as: "ask") }
        var names: Set<String> = []
        for rule in matching {
            guard let namespaces = rule.namespaces else { return .everything }
            names.formUnion(namespaces)
        }
        return .namespaces(names)
    }

    /// The problem that somebody has who may see `visibility` and asks for what is about everything.
    func refuse(_ visibility: Visibility) -> RequestProblem {
        let names = visibility.names?.joined(separator: ", ") ?? ""
        return count(
            AccessDenial(
                .notPermitted,
                "This path tells about all namespaces, and your credentials may see only: \(names)."
            )
        )
    }

    private var current: AccessIndex {
        rules.withLock { $0 }
    }

    /// The nodes that `proof` names by itself.
    ///
    /// A name with a star stands for nothing but itself, which no node is.
    private static func nodes(of proof: Proof) -> [NamePattern] {
        let names: [String]
        switch proof {
        case .certificate(let certificate): names = certificate.nodes.sorted()
        case .serviceAccount(_, let node): names = node.map { [$0] } ?? []
        case .token: names = []
        }
        return names.map { NamePattern($0) }.filter(\.isLiteral)
    }

    private func proofs(of caller: Caller, _ index: AccessIndex) async throws(RequestProblem) -> [Proof] {
        var proofs: [Proof] = []
        if let certificate = caller.certificate, isValid(certificate) { proofs.append(.certificate(certificate)) }
        guard let token = caller.token else { return proofs }
        let digest = SHA256Digest(of: token.utf8)
        if index.knows(digest) {
            proofs.append(.token(digest))
        } else if index.needsTokenReviews, let reviews {
            do {
                let answer = try await reviews.review(token, audience: index.rules.audience)
                if let name = answer.serviceAccount, case .user(_, let node) = answer {
                    proofs.append(.serviceAccount(name, node: node))
                }
            } catch  where proofs.isEmpty {
                logger.warning("Kubernetes did not say whose a token is", metadata: ["error": "\(error)"])
                throw count(AccessDenial(.unavailable, "Nobody could say now whether the token is good. Try again."))
            } catch {
                // The certificate speaks for the caller.
            }
        }
        return proofs
    }

    private func isValid(_ certificate: ClientCertificate) -> Bool {
        certificate.trust == trust() && certificate.notAfter >= clock.seconds
    }

    /// Says why `caller`, who has proved `proofs`, may not `verb`.
    private func deny(_ caller: Caller, _ proofs: [Proof], as verb: String) -> RequestProblem {
        if let proof = proofs.first {
            let node =
                if case .serviceAccount(_, nil) = proof {
                    " Its token names no node, as tokens do from Kubernetes 1.30 on."
                } else { "" }
            return count(AccessDenial(.notPermitted, "Your credentials are good, but they may not \(verb).\(node)"))
        }
        guard caller.hasCredentials else {
            return count(
                AccessDenial(.noCredentials, "This needs a token (Authorization: Bearer) or a client certificate.")
            )
        }
        let what = caller.token == nil ? (caller.isMalformed ? "Authorization header" : "certificate") : "token"
        return count(AccessDenial(.invalidCredentials, "The \(what) is not known here, or no longer valid."))
    }

    private func count(_ denial: AccessDenial) -> RequestProblem {
        denials.withLock { $0[denial.reason, default: 0] += 1 }
        return denial.problem
    }
}
