// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOSSL
import TestSupport
import Testing

@testable import Identity

@Suite struct ClientIdentityTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
        return folder.file(name)
    }

    private func failure(_ files: ClientIdentity.Files, for url: String = "https://ledger:8443") throws -> String {
        let error = try #require(throws: IdentityError.self) { _ = try ClientIdentity(files, for: url) }
        return error.description
    }

    @Test func aTokenIsReadAgainWhenItChanges() throws {
        defer { folder.remove() }
        let path = try write("first\n", to: "token")
        let identity = try ClientIdentity(.init(token: path), for: "https://ledger:8443")
        #expect(identity.credentials().authorization == "Bearer first")
        _ = try write("  second.token-~+/= \n", to: "token")
        #expect(identity.credentials().authorization == "Bearer second.token-~+/=")
    }

    @Test func whatIsHalfWrittenChangesNothingUntilItIsWhole() throws {
        defer { folder.remove() }
        let path = try write("first", to: "token")
        let identity = try ClientIdentity(.init(token: path), for: "https://ledger:8443")
        _ = try write("", to: "token")
        #expect(identity.credentials().authorization == "Bearer first")
        #expect(identity.credentials().problem?.contains(path) == true)
        try FileManager.default.removeItem(atPath: path)
        #expect(identity.credentials().authorization == "Bearer first")
        _ = try write("second", to: "token")
        #expect(identity.credentials().authorization == "Bearer second")
        #expect(identity.credentials().problem == nil)
    }

    @Test(arguments: ["", "two words", "a\r\nX-Injected: 1", "caf\u{e9}", String(repeating: "a", count: 16_385)])
    func whatIsNoTokenIsRefusedWithoutShowingIt(text: String) throws {
        defer { folder.remove() }
        let path = try write(text, to: "token")
        let reason = try failure(.init(token: path))
        #expect(reason.contains(path))
        for word in ["words", "Injected", "caf", "aaaa"] { #expect(!reason.contains(word)) }
    }

    @Test(arguments: ["http://ledger:8080", "http://127.0.0.1.evil.example:8080", "http://[2001:db8::1]:80"])
    func aTokenIsNotSentInTheClear(url: String) throws {
        defer { folder.remove() }
        let path = try write("secret", to: "token")
        #expect(try failure(.init(token: path), for: url).contains("anybody on the way could read the token"))
    }

    @Test(arguments: ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080", "http://127.9.9.9"])
    func onThisHostATokenNeedsNoTLS(url: String) throws {
        defer { folder.remove() }
        let path = try write("secret", to: "token")
        #expect(try ClientIdentity(.init(token: path), for: url).credentials().authorization == "Bearer secret")
    }

    @Test func aKeyBelongsToItsCertificate() throws {
        defer { folder.remove() }
        let authority = try CertificateAuthority(in: folder)
        let one = try authority.issue("node-1")
        let two = try authority.issue("node-2")
        let identity = try ClientIdentity(
            .init(authorities: authority.certificate, certificate: one.certificate, key: one.key),
            for: "https://ledger:8443"
        )
        #expect(identity.credentials().tls.certificateChain.count == 1)
        #expect(try failure(.init(certificate: one.certificate, key: two.key)).contains("does not belong"))
        #expect(try failure(.init(certificate: one.certificate)).contains("together"))
        #expect(try failure(.init(certificate: one.key, key: one.key)).contains("no certificate"))
        let reason = try failure(.init(certificate: one.certificate, key: one.certificate))
        #expect(reason.contains("no private key") && !reason.contains("BEGIN"))
    }

    @Test func aRotationTakesEffectOnceCertificateAndKeyAgree() throws {
        defer { folder.remove() }
        let authority = try CertificateAuthority(in: folder)
        let used = try authority.issue("used")
        let next = try authority.issue("next")
        let identity = try ClientIdentity(
            .init(certificate: used.certificate, key: used.key),
            for: "https://ledger:8443"
        )
        let before = identity.credentials().tls
        try FileManager.default.removeItem(atPath: used.key)
        try FileManager.default.copyItem(atPath: next.key, toPath: used.key)
        #expect(identity.credentials().tls.bestEffortEquals(before))
        #expect(identity.credentials().problem != nil)
        try FileManager.default.removeItem(atPath: used.certificate)
        try FileManager.default.copyItem(atPath: next.certificate, toPath: used.certificate)
        #expect(!identity.credentials().tls.bestEffortEquals(before))
        #expect(identity.credentials().problem == nil)
    }

    @Test func certificatesAreOfNoUseWithoutTLS() throws {
        defer { folder.remove() }
        #expect(try failure(.init(authorities: "ca.pem"), for: "http://127.0.0.1:8080").contains("not an https://"))
    }
}
