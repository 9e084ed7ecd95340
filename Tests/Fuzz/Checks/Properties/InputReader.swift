// SPDX-License-Identifier: Apache-2.0

/// Takes numbers from a fuzzer's input, from its start; past the end they are 0.
struct InputReader {
    private var rest: ArraySlice<UInt8>

    /// Reads `bytes`.
    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// True if nothing is left.
    var isAtEnd: Bool { rest.isEmpty }

    /// The next number, little-endian.
    mutating func next<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number {
        var number: Number = 0
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) as StrideTo<Int> {
            number |= Number(truncatingIfNeeded: rest.popFirst() ?? 0) << Number(shift)
        }
        return number
    }

    /// The next `count` bytes, or what is left.
    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}
