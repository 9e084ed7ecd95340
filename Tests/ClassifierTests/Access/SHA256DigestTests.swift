// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Classifier

@Suite struct SHA256DigestTests {
    /// Examples of FIPS 180-4, and what `sha256sum` says of lengths around the padding's edges.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func theStandardsExamples(text: String, hex: String) throws {
        #expect(SHA256Digest(of: text.utf8) == SHA256Digest(hex: hex))
        #expect(SHA256Digest(of: text.utf8) == SHA256Digest(hex: hex.uppercased()))
    }

    @Test(.enabled(if: TestEnvironment.has("sha256sum"), "needs sha256sum"))
    func everyLengthAgreesWithTheSystemsOwn() throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        for length in 50...130 {
            let text = String(repeating: "x", count: length)
            try text.write(toFile: folder.file("text"), atomically: true, encoding: .utf8)
            let hex = try Shell.run(["sha256sum", folder.file("text")]).prefix(64)
            #expect(SHA256Digest(of: text.utf8) == SHA256Digest(hex: String(hex)), "\(length) bytes")
        }
    }

    @Test func aDifferenceAnywhereIsSeen() throws {
        let digest = SHA256Digest(of: "token".utf8)
        #expect(digest.isEqual(to: SHA256Digest(of: "token".utf8)))
        let zeros = String(repeating: "0", count: 64)
        let base = try #require(SHA256Digest(hex: zeros))
        for index in 0..<64 {
            var digits = Array(zeros)
            digits[index] = "1"
            #expect(try !base.isEqual(to: #require(SHA256Digest(hex: String(digits)))), "digit \(index)")
        }
    }

    @Test(arguments: ["", "0", String(repeating: "g", count: 64), String(repeating: "0", count: 63) + "\u{660}"])
    func whatIsNoDigestIsNone(text: String) {
        #expect(SHA256Digest(hex: text) == nil)
    }
}
