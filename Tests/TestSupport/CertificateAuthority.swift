// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Makes certificates for a test, with `openssl`.
public struct CertificateAuthority: Sendable {
    /// A certificate and its key.
    public struct Pair: Hashable, Sendable {
        /// Path of the certificate.
        public let certificate: String
        /// Path of the key.
        public let key: String

        /// Puts copies of `other` in their place, as a rotation does: the key first, each file at once.
        public func replace(by other: Pair) throws {
            for (from, to) in [(other.key, key), (other.certificate, certificate)] {
                let new = to + ".new"
                try FileManager.default.copyItem(atPath: from, toPath: new)
                guard rename(new, to) == 0 else { throw LaunchError("cannot replace \(to)") }
            }
        }
    }

    /// What a certificate is for.
    public enum Purpose: String, Sendable {
        /// For servers.
        case server = "serverAuth"
        /// For clients.
        case client = "clientAuth"
    }

    /// Path of the authority's own certificate.
    public let certificate: String
    private let key: String
    private let folder: TemporaryDirectory

    /// An authority called `name`, whose files are in `folder`.
    public init(_ name: String = "authority", in folder: TemporaryDirectory) throws {
        self.folder = folder
        certificate = folder.file("\(name).pem")
        key = folder.file("\(name).key")
        try Shell.run(
            ["openssl", "req", "-x509"] + Self.newKey
                + ["-days", "1", "-subj", "/CN=\(name)", "-keyout", key, "-out", certificate]
        )
    }

    /// An authority with the certificate and the key of `pair`, whether it may be one or not.
    public init(pretended pair: Pair, in folder: TemporaryDirectory) {
        self.folder = folder
        certificate = pair.certificate
        key = pair.key
    }

    /// A certificate for `commonName`.
    ///
    /// - Parameters:
    ///   - alternatives: Subject alternative names as openssl writes them, such as `DNS:node-1`; none if empty.
    ///   - days: How long it is valid; it has expired if negative.
    ///   - file: Name of its files, without suffix; the common name if `nil`.
    public func issue(
        _ commonName: String,
        alternatives: [String] = [],
        for purpose: Purpose = .client,
        days: Int = 1,
        file: String? = nil
    ) throws -> Pair {
        let base = folder.file(file ?? commonName.replacing("/", with: "_"))
        let pair = Pair(certificate: base + ".pem", key: base + ".key")
        var extensions = "basicConstraints=CA:FALSE\nextendedKeyUsage=\(purpose.rawValue)\n"
        if !alternatives.isEmpty { extensions += "subjectAltName=\(alternatives.joined(separator: ","))\n" }
        try extensions.write(toFile: base + ".ext", atomically: true, encoding: .utf8)
        try Shell.run(
            ["openssl", "req", "-new"] + Self.newKey
                + ["-subj", "/CN=\(commonName)", "-keyout", pair.key, "-out", base + ".csr"]
        )
        try Shell.run([
            "openssl", "x509", "-req", "-in", base + ".csr", "-CA", certificate, "-CAkey", key, "-CAcreateserial",
            "-days", String(days), "-extfile", base + ".ext", "-out", pair.certificate,
        ])
        return pair
    }

    /// A certificate for a server on this host.
    public func server(file: String = "server", days: Int = 1) throws -> Pair {
        try issue("classifier", alternatives: ["DNS:localhost", "IP:127.0.0.1"], for: .server, days: days, file: file)
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
}
