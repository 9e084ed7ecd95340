// SPDX-License-Identifier: Apache-2.0

/// JSON objects whose values are texts, numbers, `true`, `false` or `null`.
enum FlatJSON {
    /// True if `text` is one.
    static func isObject(_ text: String) -> Bool {
        var scanner = Scanner(rest: Array(text.utf8)[...])
        return scanner.object() && scanner.rest.isEmpty
    }

    private struct Scanner {
        var rest: ArraySlice<UInt8>

        mutating func object() -> Bool {
            guard skip("{") else { return false }
            if skip("}") { return true }
            repeat {
                guard string(), skip(":"), string() || word() else { return false }
            } while skip(",")
            return skip("}")
        }

        private mutating func space() {
            rest = rest.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
        }

        private mutating func skip(_ character: Unicode.Scalar) -> Bool {
            space()
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            space()
            return true
        }

        private mutating func string() -> Bool {
            guard rest.first == UInt8(ascii: "\"") else { return false }
            rest = rest.dropFirst()
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""):
                    return true
                case UInt8(ascii: "\\"):
                    guard let escaped = rest.popFirst() else { return false }
                    if escaped == UInt8(ascii: "u") {
                        let digits = rest.prefix(4)
                        guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit })
                        else { return false }
                        rest = rest.dropFirst(4)
                    } else if !Array("\"\\/bfnrt".utf8).contains(escaped) {
                        return false
                    }
                case 0..<0x20:
                    return false
                default:
                    break
                }
            }
            return false
        }

        private mutating func word() -> Bool {
            let word = rest.prefix { ![0x2c, 0x7d, 0x20, 0x09, 0x0a, 0x0d].contains($0) }
            rest = rest.dropFirst(word.count)
            let text = String(decoding: word, as: UTF8.self)
            let hasLeadingZero =
                text.drop { $0 == "-" }.hasPrefix("0") && text.drop { $0 == "-" }.dropFirst().first?.isNumber == true
            return ["true", "false", "null"].contains(text)
                || FocusValidator.isDecimal(text.uppercased().replacing("E+", with: "E")) && !hasLeadingZero
        }
    }
}
