// SPDX-License-Identifier: Apache-2.0
import Identity
import NIOSSL
import Synchronization

/// The classifier's certificate and the authorities it believes, exchanged while it runs.
///
/// A connection is made with what holds when it opens, and keeps it. So a new certificate disturbs nobody. When an
/// authority is taken away, what its certificates have proved is void at once: ``trust`` changes, and with it the value
/// of every ``ClientCertificate`` that was accepted before.
final class ServerTLS: Sendable {
    /// The oldest version of TLS that is spoken.
    enum MinimumVersion: String, CaseIterable, Sendable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    /// Where certificates and keys are.
    struct Files: Hashable, Sendable {
        /// The server's certificate, followed by intermediate ones.
        var certificate: String
        /// The key that belongs to ``certificate``.
        var key: String
        /// Authorities that vouch for clients; `nil` to ask clients for no certificate.
        var clientAuthorities: String?

        var paths: [String] {
            [certificate, key] + (clientAuthorities.map { [$0] } ?? [])
        }
    }

    private struct State: Sendable {
        var context: NIOSSLContext
        var authorities: Set<NIOSSLCertificate>
        var trust = 0
        var notAfter: Int64
    }

    /// Where certificates and keys are.
    let files: Files
    private let minimum: MinimumVersion
    private let state: Mutex<State>

    /// Reads `files`.
    ///
    /// - Throws: `IdentityError` for a file that cannot be used.
    init(_ files: Files, minimum: MinimumVersion) throws(IdentityError) {
        self.files = files
        self.minimum = minimum
        state = Mutex(try Self.read(files, minimum: minimum))
    }

    /// What a connection that opens now is made with, and the ``trust`` that goes with it.
    var current: (context: NIOSSLContext, trust: Int) {
        state.withLock { ($0.context, $0.trust) }
    }

    /// Which authorities are believed: another number once one of them no longer is.
    var trust: Int {
        state.withLock { $0.trust }
    }

    /// The last second of the server's certificate, since 1970-01-01T00:00:00Z.
    var notAfter: Int64 {
        state.withLock { $0.notAfter }
    }

    /// Reads the files again; connections that are open keep what they have.
    ///
    /// - Throws: `IdentityError`; what was read before holds then.
    func reload() throws(IdentityError) {
        var new = try Self.read(files, minimum: minimum)
        state.withLock { state in
            let isWithdrawn = !state.authorities.isSubset(of: new.authorities)
            new.trust = state.trust + (isWithdrawn ? 1 : 0)
            state = new
        }
    }

    private static func read(_ files: Files, minimum: MinimumVersion) throws(IdentityError) -> State {
        let chain = try PEMFile.certificates(files.certificate)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try PEMFile.privateKey(files.key))
        )
        configuration.minimumTLSVersion = minimum == .tls12 ? .tlsv12 : .tlsv13
        configuration.applicationProtocols = ["http/1.1"]
        var authorities: [NIOSSLCertificate] = []
        if let path = files.clientAuthorities {
            authorities = try PEMFile.certificates(path)
            configuration.trustRoots = .certificates(authorities)
            configuration.sendCANameList = true
            // Whoever shows no certificate may have a token, or ask after the health.
            configuration.certificateVerification = .optionalVerification
        }
        do {
            return State(
                context: try NIOSSLContext(configuration: configuration),
                authorities: Set(authorities),
                notAfter: chain.map { Int64($0.notValidAfter) }.min() ?? 0
            )
        } catch {
            throw IdentityError("The key in \(files.key) does not belong to the certificate in \(files.certificate).")
        }
    }
}
