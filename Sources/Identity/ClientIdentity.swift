// SPDX-License-Identifier: Apache-2.0
public import NIOSSL
import Synchronization

/// How a client proves who it is, and whom it believes: files, read again when they change.
///
/// Certificates and tokens are rotated while programs run, so ``credentials()`` is asked before each request. Files
/// that cannot be read at that moment change nothing: they may just be being written.
public final class ClientIdentity: Sendable {
    /// The files; all may be absent.
    public struct Files: Hashable, Sendable {
        /// Certificates of the authorities that are believed; the system's own if `nil`.
        public var authorities: String?
        /// The client's certificate, followed by intermediate ones.
        public var certificate: String?
        /// The key that belongs to ``certificate``.
        public var key: String?
        /// The token that is sent as `Authorization: Bearer`.
        public var token: String?

        /// No files.
        public init(
            authorities: String? = nil,
            certificate: String? = nil,
            key: String? = nil,
            token: String? = nil
        ) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
            self.token = token
        }

        var paths: [String] {
            [authorities, certificate, key, token].compactMap(\.self)
        }
    }

    /// What the files held when they were read last.
    public struct Credentials: Sendable {
        /// For connections to `https` URLs.
        public var tls: TLSConfiguration
        /// The value of the header field `Authorization`; `nil` for none.
        public var authorization: String?
        /// Why newer files are not in use; `nil` if there are none.
        public var problem: String?
    }

    private struct State: Sendable {
        var files: WatchedFiles
        var credentials: Credentials
    }

    private let files: Files
    private let state: Mutex<State>

    /// Reads `files`.
    ///
    /// - Parameter url: The server's URL. A token is only sent over TLS or to this host itself.
    /// - Throws: ``IdentityError`` for a file that cannot be used, and for a token or a certificate that `url` would
    ///   give away or not need.
    public init(_ files: Files, for url: String) throws(IdentityError) {
        guard (files.certificate == nil) == (files.key == nil) else {
            throw IdentityError("A client certificate and its key are given together, or neither is.")
        }
        if !url.hasPrefix("https://") {
            guard files.authorities == nil, files.certificate == nil else {
                throw IdentityError("\(url) is not an https:// URL, so certificates are of no use.")
            }
            guard files.token == nil || Self.isLoopback(url) else {
                throw IdentityError("\(url) is not an https:// URL, so anybody on the way could read the token.")
            }
        }
        self.files = files
        let watched = WatchedFiles(files.paths)
        state = Mutex(State(files: watched, credentials: try Self.read(files)))
    }

    /// What to use for the next request.
    public func credentials() -> Credentials {
        state.withLock { state in
            guard state.files.haveChanged() || state.credentials.problem != nil else { return state.credentials }
            do throws(IdentityError) {
                state.credentials = try Self.read(files)
            } catch {
                state.credentials.problem = error.description
            }
            return state.credentials
        }
    }

    private static func read(_ files: Files) throws(IdentityError) -> Credentials {
        var tls = TLSConfiguration.makeClientConfiguration()
        // What speaks TLS 1.3 is spoken to so; something older may stand in front of the server.
        tls.minimumTLSVersion = .tlsv12
        if let path = files.authorities { tls.trustRoots = .certificates(try PEMFile.certificates(path)) }
        if let certificate = files.certificate, let key = files.key {
            tls.certificateChain = try PEMFile.certificates(certificate).map { .certificate($0) }
            tls.privateKey = .privateKey(try PEMFile.privateKey(key))
            try check(tls, certificate: certificate, key: key)
        }
        let token = try files.token.map { path throws(IdentityError) in try TokenFile.token(path) }
        return Credentials(tls: tls, authorization: token.map { "Bearer \($0)" }, problem: nil)
    }

    /// Tries whether the key belongs to the certificate.
    private static func check(_ tls: TLSConfiguration, certificate: String, key: String) throws(IdentityError) {
        var tls = tls
        // The system's authorities are many, and not in question.
        tls.trustRoots = .certificates([])
        do {
            _ = try NIOSSLContext(configuration: tls)
        } catch {
            throw IdentityError("The key in \(key) does not belong to the certificate in \(certificate).")
        }
    }

    private static func isLoopback(_ url: String) -> Bool {
        let host = url.dropFirst("http://".count).prefix { $0 != "/" }
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        return name == "localhost" || name == "[::1]" || isLoopbackIPv4(name)
    }

    private static func isLoopbackIPv4(_ name: Substring) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
