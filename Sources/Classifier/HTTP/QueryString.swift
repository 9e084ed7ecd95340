// SPDX-License-Identifier: Apache-2.0
import Hummingbird

/// The parameters after a request target's `?`, decoded as `application/x-www-form-urlencoded`.
enum QueryString {
    /// The parameters in the order they were written; names may repeat.
    ///
    /// A parameter without `=` has an empty value. `+` is a space and `%XX` a byte of UTF-8.
    ///
    /// - Throws: A problem of status 400 if a name or value is not valid percent-encoded UTF-8.
    static func parameters(of request: Request) throws(RequestProblem) -> [(name: String, value: String)] {
        let target = request.head.path ?? ""
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return [] }
        var parameters: [(name: String, value: String)] = []
        for pair in target.utf8[target.utf8.index(after: mark)...].split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let written = String(decoding: parts[0], as: UTF8.self)
            guard let name = decoded(parts[0]) else {
                throw RequestProblem(
                    .badRequest,
                    "The name of query parameter '\(written)' is not valid percent-encoded UTF-8.",
                    parameter: written
                )
            }
            guard let value = decoded(parts.count > 1 ? parts[1] : parts[0].suffix(0)) else {
                throw RequestProblem(
                    .badRequest,
                    "The value of query parameter '\(name)' is not valid percent-encoded UTF-8.",
                    parameter: name
                )
            }
            parameters.append((name, value))
        }
        return parameters
    }

    /// The text that `encoded` stands for, or `nil` if it is not valid.
    private static func decoded(_ encoded: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        var rest = encoded[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"):
                bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard
                    let high = rest.popFirst().flatMap(hexDigit),
                    let low = rest.popFirst().flatMap(hexDigit)
                else { return nil }
                bytes.append(high << 4 | low)
            default:
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
