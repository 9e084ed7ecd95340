// SPDX-License-Identifier: Apache-2.0

/// How two names of regions or zones compare.
///
/// Names are the same only letter for letter. Two that differ in letter case alone are most likely one thing
/// spelled twice, so they prove neither that the places are the same nor that they differ.
public enum NameMatch: Hashable, Sendable {
    /// The same, letter for letter.
    case same
    /// The same but for the case of ASCII letters.
    case byCaseOnly
    /// Different.
    case different

    /// Compares `left` with `right`.
    public init(_ left: String, _ right: String) {
        if left == right {
            self = .same
        } else if left.utf8.count == right.utf8.count,
            zip(left.utf8, right.utf8).allSatisfy({ Self.fold($0) == Self.fold($1) })
        {
            self = .byCaseOnly
        } else {
            self = .different
        }
    }

    /// `byte` in lower case if it is an ASCII letter.
    private static func fold(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
