// SPDX-License-Identifier: Apache-2.0
import Crypto

/// A SHA-256 digest (FIPS 180-4): stands for a token wherever the token itself need not be kept.
struct SHA256Digest: Hashable, Sendable {
    private var bytes: [UInt8]

    /// The digest of `bytes`.
    init(of bytes: some Collection<UInt8>) {
        self.bytes = Array(SHA256.hash(data: Array(bytes)))
    }

    /// The digest that 64 hexadecimal digits write, or `nil`.
    init?(hex: String) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
            return nil
        }
        let digits = Array(hex)
        bytes = stride(from: 0, to: 64, by: 2).compactMap { UInt8(String(digits[$0..<$0 + 2]), radix: 16) }
    }

    /// 64 hexadecimal digits, in lower case.
    var hex: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// True if the digests are equal; takes the same time wherever they differ.
    func isEqual(to other: SHA256Digest) -> Bool {
        var difference: UInt8 = 0
        for index in 0..<SHA256.byteCount { difference |= bytes[index] ^ other.bytes[index] }
        return difference == 0
    }
}
