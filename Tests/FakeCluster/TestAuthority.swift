// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// A certificate authority that lives as long as a test, and the certificates that it signs, made by `openssl`.
///
/// `swift-certificates` could do it too, but compiles a second copy of BoringSSL, which nothing else here needs.
public final class TestAuthority: Sendable {
    /// A certificate and its private key, in PEM.
    public struct Identity: Sendable {
        /// The certificate.
        public let certificate: String
        /// The private key.
        public let key: String
    }

    /// The authority's own certificate, in PEM.
    public let certificate: String

    private let directory: TemporaryDirectory

    /// A new authority with a key that nobody else has.
    public init(name: String = "Test authority") throws {
        directory = try TemporaryDirectory()
        certificate =
            try Self.make(
                "authority",
                in: directory,
                subject: "/CN=\(name)",
                extensions: ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"]
            )
            .certificate
    }

    deinit {
        directory.remove()
    }

    /// A certificate for both ends of TLS, valid for a day.
    ///
    /// - Parameters:
    ///   - name: The common name, which a server of Kubernetes takes for a client's user.
    ///   - organization: The organization, which it takes for the user's group.
    ///   - hosts: DNS names and IP addresses of the server.
    public func issue(name: String, organization: String? = nil, hosts: [String] = []) throws -> Identity {
        let names = hosts.map { host in
            let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
            return "\(isAddress ? "IP" : "DNS"):\(host)"
        }
        return try Self.make(
            UUID().uuidString,
            in: directory,
            subject: (organization.map { "/O=\($0)" } ?? "") + "/CN=\(name)",
            extensions: [
                "basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature",
                "extendedKeyUsage=serverAuth,clientAuth",
            ] + (names.isEmpty ? [] : ["subjectAltName=\(names.joined(separator: ","))"]),
            signer: "authority"
        )
    }

    private static func make(
        _ name: String,
        in directory: TemporaryDirectory,
        subject: String,
        extensions: [String],
        signer: String? = nil
    ) throws -> Identity {
        let certificate = directory.file("\(name).crt")
        let key = directory.file("\(name).key")
        var command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
        command += ["-days", "1", "-subj", subject, "-out", certificate, "-keyout", key]
        for text in extensions { command += ["-addext", text] }
        if let signer {
            command += ["-CA", directory.file("\(signer).crt"), "-CAkey", directory.file("\(signer).key")]
        }
        try Shell.run(command)
        return Identity(
            certificate: try String(contentsOfFile: certificate, encoding: .utf8),
            key: try String(contentsOfFile: key, encoding: .utf8)
        )
    }
}
