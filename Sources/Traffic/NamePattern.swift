// SPDX-License-Identifier: Apache-2.0

/// A name, or several at once: `*` stands for any number of characters, none included.
///
/// Everything else stands for itself, letter case included. An empty name is one that is not known, and no
/// pattern matches it.
public struct NamePattern: Hashable, Sendable {
    /// The pattern as it was written.
    public let text: String

    /// The pattern `text`.
    public init(_ text: String) {
        self.text = text
    }

    /// True if the pattern is one name exactly.
    public var isLiteral: Bool {
        !text.utf8.contains(UInt8(ascii: "*"))
    }

    /// True if `name` is known and the pattern stands for it.
    public func matches(_ name: String) -> Bool {
        guard !name.isEmpty else { return false }
        guard !isLiteral else { return text == name }
        let pattern = Array(text.utf8)
        let bytes = Array(name.utf8)
        var place = 0
        var next = 0
        /// The last star, and how far the name was read when it was met; where letters fail, it takes one more.
        var star: (place: Int, taken: Int)?
        while next < bytes.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, next)
                place += 1
            } else if place < pattern.count, pattern[place] == bytes[next] {
                place += 1
                next += 1
            } else if let last = star {
                star = (last.place, last.taken + 1)
                place = last.place + 1
                next = last.taken + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
