// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Foundation
import HummingbirdTesting
import Identity
import NIOCore
import NIOHTTP1
import NIOSSL
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

/// The classifier over TLS, with certificates of the test's own.
@Suite(.enabled(if: TestEnvironment.has("openssl"), "needs openssl")) struct TLSTests {
    /// A classifier with TLS, and the authority that made its certificate and those of its clients.
    private struct Setup {
        let classifier: TestClassifier
        let authority: CertificateAuthority
        let server: CertificateAuthority.Pair
        let folder: TemporaryDirectory

        init(access: String, _ minimum: ServerTLS.MinimumVersion = .tls13) throws {
            let folder = try TemporaryDirectory()
            let authority = try CertificateAuthority(in: folder)
            let server = try authority.server()
            // The certificates hold now, so the classifier's clock must not stand in the past.
            classifier = try TestClassifier(now: Int64(Date.now.timeIntervalSince1970), access: access) { settings in
                settings.exposure.tls = ServerTLS.Files(
                    certificate: server.certificate,
                    key: server.key,
                    clientAuthorities: authority.certificate
                )
                settings.exposure.minimumTLS = minimum
            }
            self.folder = folder
            self.authority = authority
            self.server = server
        }

        /// Serves, and gives `body` the URL.
        func serve(_ body: @Sendable (_ url: String) async throws -> Void) async throws {
            defer { folder.remove() }
            try await classifier.run(.live) { client in try await body("https://localhost:\(#require(client.port))") }
        }

        func client(_ pair: CertificateAuthority.Pair? = nil, authority: String? = nil) throws -> ClientIdentity {
            try ClientIdentity(
                .init(
                    authorities: authority ?? self.authority.certificate,
                    certificate: pair?.certificate,
                    key: pair?.key
                ),
                for: "https://localhost"
            )
        }
    }

    private static let access = """
        agents: [{certificate: "*"}]
        readers: [{certificate: "*.ops"}, {token: reader}]
        """

    /// The status with which `url` answers, over a connection of its own.
    @discardableResult
    private func status(
        _ url: String,
        as identity: ClientIdentity,
        token: String? = nil,
        posting batch: FlowBatch? = nil,
        _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) async throws -> UInt {
        var tls = identity.credentials().tls
        change(&tls)
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.connectionPool.retryConnectionEstablishment = false
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            try await send(client, url, token: token, posting: batch)
        }
    }

    private func send(
        _ client: HTTPClient,
        _ url: String,
        token: String? = nil,
        posting batch: FlowBatch? = nil
    ) async throws -> UInt {
        var request = HTTPClientRequest(url: url)
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let batch {
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/x-protobuf")
            request.body = .bytes(ByteBuffer(bytes: try batch.encoded()))
        }
        let response = try await client.execute(request, timeout: .seconds(20))
        _ = try await response.body.collect(upTo: 1 << 20)
        return response.status.code
    }

    private func batch(_ node: String, sequence: UInt64 = 1) -> FlowBatch {
        .test(node: node, sequence: sequence, start: Int64(Date.now.timeIntervalSince1970) / 60 * 60 - 120)
    }

    @Test func aNodesCertificateReportsForItAndNoOther() async throws {
        let setup = try Setup(access: Self.access)
        let node = try setup.client(setup.authority.issue("node-1", alternatives: ["DNS:node-1"]))
        let named = try setup.client(setup.authority.issue("node-2"))
        let uri = try setup.client(
            setup.authority.issue("x", alternatives: ["URI:spiffe://example.org/node/node-3"], file: "node-3")
        )
        let other = try setup.client(setup.authority.issue("node-9", alternatives: ["DNS:node-4"], file: "node-4"))
        try await setup.serve { (url: String) async throws in
            let flows = url + "/v1/flows"
            #expect(try await status(flows, as: node, posting: batch("node-1")) == 200)
            #expect(try await status(flows, as: node, posting: batch("node-2")) == 403)
            #expect(try await status(flows, as: named, posting: batch("node-2")) == 200)
            #expect(try await status(flows, as: uri, posting: batch("node-3")) == 200)
            #expect(try await status(flows, as: other, posting: batch("node-4")) == 200)
            // Where there are alternative names, the common name is none.
            #expect(try await status(flows, as: other, posting: batch("node-9")) == 403)
            #expect(try await status(flows, as: try setup.client(), posting: batch("node-1", sequence: 2)) == 401)
            #expect(try await status(url + "/healthz", as: try setup.client()) == 200)
        }
    }

    @Test func readersShowACertificateOrAToken() async throws {
        let setup = try Setup(access: Self.access)
        let ops = try setup.client(setup.authority.issue("grafana.ops"))
        let node = try setup.client(setup.authority.issue("node-1"))
        try await setup.serve { (url: String) async throws in
            let path = url + "/api/v1/status"
            #expect(try await status(path, as: ops) == 200)
            #expect(try await status(path, as: node) == 403)
            #expect(try await status(path, as: setup.client()) == 401)
            #expect(try await status(path, as: setup.client(), token: "reader") == 200)
            #expect(try await status(path, as: node, token: "reader") == 200)
        }
    }

    @Test func aCertificateThatNobodyVouchesForEndsTheHandshake() async throws {
        let setup = try Setup(access: Self.access)
        let stranger = try CertificateAuthority("stranger", in: setup.folder)
        let node = try setup.authority.issue("node-1")
        let forged = try stranger.issue("node-1", file: "forged")
        let expired = try setup.authority.issue("node-1", days: -1, file: "expired")
        // A node's certificate is no authority, whoever signs with it.
        let minted = try CertificateAuthority(pretended: node, in: setup.folder).issue("node-2", file: "minted")
        let chain = setup.folder.file("chain.pem")
        let texts = try [minted.certificate, node.certificate].map { try String(contentsOfFile: $0, encoding: .utf8) }
        try texts.joined().write(toFile: chain, atomically: true, encoding: .utf8)
        let wrongUse = try setup.authority.issue("node-1", for: .server, file: "wrong-use")
        let bad = try [
            setup.client(forged), setup.client(expired), setup.client(wrongUse),
            ClientIdentity(
                .init(authorities: setup.authority.certificate, certificate: chain, key: minted.key),
                for: "https://localhost"
            ),
        ]
        try await setup.serve { (url: String) async throws in
            for (index, identity) in bad.enumerated() {
                await #expect(throws: (any Error).self, "\(index)") {
                    try await status(url + "/v1/flows", as: identity, posting: batch("node-1"))
                }
            }
            #expect(try await status(url + "/v1/flows", as: setup.client(node), posting: batch("node-1")) == 200)
        }
    }

    @Test func aServerOfAnotherAuthorityIsNotBelieved() async throws {
        let setup = try Setup(access: Self.access)
        let stranger = try CertificateAuthority("stranger", in: setup.folder)
        let identity = try setup.client(authority: stranger.certificate)
        try await setup.serve { (url: String) async throws in
            await #expect(throws: (any Error).self) { try await status(url + "/healthz", as: identity) }
            let otherName = url.replacing("localhost", with: "127.0.0.2")
            await #expect(throws: (any Error).self) { try await status(otherName + "/healthz", as: setup.client()) }
        }
    }

    @Test func onlyTLS13IsSpokenUnlessAllowed() async throws {
        for (minimum, isSpoken) in [(ServerTLS.MinimumVersion.tls13, false), (.tls12, true)] {
            let setup = try Setup(access: Self.access, minimum)
            try await setup.serve { (url: String) async throws in
                let answer = try? await status(url + "/healthz", as: setup.client()) { $0.maximumTLSVersion = .tlsv12 }
                #expect((answer == 200) == isSpoken)
                // Nothing that begins without TLS is answered.
                let plain = url.replacing("https:", with: "http:")
                await #expect(throws: (any Error).self) { try await status(plain + "/healthz", as: setup.client()) }
            }
        }
    }

    @Test func aNewCertificateDisturbsNobody() async throws {
        let setup = try Setup(access: Self.access)
        let next = try setup.authority.server(file: "next")
        let tls = try ServerTLS(#require(setup.classifier.settings.exposure.tls), minimum: .tls13)
        let node = try setup.client(setup.authority.issue("node-1"))
        let serial = try PEMFile.certificates(next.certificate)[0].serialNumber
        try await setup.serve { (url: String) async throws in
            var configuration = HTTPClient.Configuration(tlsConfiguration: node.credentials().tls)
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
            try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                #expect(try await send(client, url + "/v1/flows", posting: batch("node-1")) == 200)
                try setup.server.replace(by: next)
                try await waitUntil("new connections see the new certificate") {
                    try Self.serialNumber(at: url) == serial
                }
                // The connection from before goes on.
                #expect(try await send(client, url + "/v1/flows", posting: batch("node-1", sequence: 2)) == 200)
                let metrics = try await client.execute(metrics(url), timeout: .seconds(20))
                let text = String(buffer: try await metrics.body.collect(upTo: 1 << 20))
                #expect(MetricsSnapshot(text)["netledger_classifier_access_last_reload_successful"] == 1)
                #expect(MetricsSnapshot(text)["netledger_classifier_certificate_expiry_timestamp_seconds"] ?? 0 > 0)
            }
            // What cannot be used changes nothing.
            try "nonsense".write(toFile: setup.server.certificate, atomically: true, encoding: .utf8)
            #expect(throws: IdentityError.self) { try tls.reload() }
            #expect(try await status(url + "/healthz", as: setup.client()) == 200)
        }
    }

    /// The serial number of the certificate that a new connection is shown.
    private static func serialNumber(at url: String) throws -> [UInt8]? {
        let port = url.split(separator: ":").last.map(String.init) ?? ""
        let text = try Shell.run([
            "/bin/sh", "-c",
            "openssl s_client -connect localhost:\(port) </dev/null 2>/dev/null | openssl x509 -outform pem",
        ])
        return try NIOSSLCertificate.fromPEMBytes(Array(text.utf8)).first?.serialNumber
    }

    private func metrics(_ url: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url + "/metrics")
        request.headers.add(name: "authorization", value: "Bearer reader")
        return request
    }

    @Test func aWithdrawnAuthorityEndsWhatItsCertificatesProved() throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let authority = try CertificateAuthority(in: folder)
        let second = try CertificateAuthority("second", in: folder)
        let server = try authority.server()
        let bundle = folder.file("bundle.pem")
        func write(_ authorities: [CertificateAuthority]) throws {
            let texts = try authorities.map { try String(contentsOfFile: $0.certificate, encoding: .utf8) }
            try texts.joined().write(toFile: bundle, atomically: true, encoding: .utf8)
        }
        try write([authority])
        let files = ServerTLS.Files(certificate: server.certificate, key: server.key, clientAuthorities: bundle)
        let tls = try ServerTLS(files, minimum: .tls13)
        let before = tls.trust
        try write([authority, second])
        try tls.reload()
        #expect(tls.trust == before)
        try write([second])
        try tls.reload()
        #expect(tls.trust != before)
    }
}
