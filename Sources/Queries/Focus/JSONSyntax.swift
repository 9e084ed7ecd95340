// SPDX-License-Identifier: Apache-2.0

/// Says whether a text is a JSON object, without keeping what it holds.
enum JSONSyntax {
    /// Objects and arrays that may stand in one another.
    private static let deepest = 16

    /// True if `text` is an object whose values are texts, numbers, `true`, `false` or `null`.
    static func isFlatObject(_ text: String) -> Bool {
        isObject(text, deepest: 1)
    }

    /// True if `text` is an object, which may hold objects and arrays.
    static func isObject(_ text: String) -> Bool {
        isObject(text, deepest: deepest)
    }

    private static func isObject(_ text: String, deepest: Int) -> Bool {
        var scanner = Scanner(rest: Array(text.utf8)[...])
        return scanner.object(deepest: deepest) && scanner.rest.isEmpty
    }

    private struct Scanner {
        var rest: ArraySlice<UInt8>

        mutating func object(deepest: Int) -> Bool {
            guard deepest > 0, skip("{") else { return false }
            if skip("}") { return true }
            repeat {
                guard string(), skip(":"), value(deepest: deepest - 1) else { return false }
            } while skip(",")
            return skip("}")
        }

        private mutating func array(deepest: Int) -> Bool {
            guard deepest > 0, skip("[") else { return false }
            if skip("]") { return true }
            repeat {
                guard value(deepest: deepest - 1) else { return false }
            } while skip(",")
            return skip("]")
        }

        private mutating func value(deepest: Int) -> Bool {
            switch rest.first {
            case UInt8(ascii: "{"): object(deepest: deepest)
            case UInt8(ascii: "["): array(deepest: deepest)
            case UInt8(ascii: "\""): string()
            default: word()
            }
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
            let word = rest.prefix { ![0x2c, 0x7d, 0x5d, 0x20, 0x09, 0x0a, 0x0d].contains($0) }
            rest = rest.dropFirst(word.count)
            let text = String(decoding: word, as: UTF8.self)
            let hasLeadingZero =
                text.drop { $0 == "-" }.hasPrefix("0") && text.drop { $0 == "-" }.dropFirst().first?.isNumber == true
            return ["true", "false", "null"].contains(text)
                || FocusValidator.isDecimal(text.uppercased().replacing("E+", with: "E")) && !hasLeadingZero
        }
    }
}
