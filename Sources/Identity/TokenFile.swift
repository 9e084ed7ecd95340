// SPDX-License-Identifier: Apache-2.0

/// Reads a bearer token from a file.
public enum TokenFile {
    /// The most bytes that a token may have.
    public static let mostBytes = 16_384

    /// The token in the file at `path`, without the white space around it.
    ///
    /// - Throws: ``IdentityError`` if the file cannot be read or what it holds cannot stand in a header field.
    public static func token(_ path: String) throws(IdentityError) -> String {
        let bytes = try PEMFile.contents(of: path)
        let token = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard token.count == 1, let token = token.first, isToken(token) else {
            throw IdentityError(
                "\(path) does not hold a token: one word of 1 to \(mostBytes) letters, digits and -._~+/= is expected."
            )
        }
        return String(token)
    }

    /// True for what RFC 6750 allows after `Bearer`: letters, digits, `-._~+/`, and `=` (taken anywhere).
    public static func isToken(_ text: some StringProtocol) -> Bool {
        (1...mostBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
                    true
                default: false
                }
            }
    }
}
