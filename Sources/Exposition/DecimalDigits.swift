// SPDX-License-Identifier: Apache-2.0

/// The decimal digits of a number, without an allocation.
struct DecimalDigits {
    /// The digits that 2^64 - 1 has.
    static let most = 20

    /// The digits in ASCII, from ``first`` to the end.
    private(set) var bytes: InlineArray<20, UInt8>
    /// Index of the first digit.
    private(set) var first: Int

    /// The digits of `number`, without leading zeros.
    init(_ number: UInt64) {
        bytes = InlineArray(repeating: UInt8(ascii: "0"))
        first = Self.most
        var rest = number
        // Two digits for each division.
        while rest >= 100 {
            let pair = UInt8(truncatingIfNeeded: rest % 100)
            rest /= 100
            first -= 2
            bytes[first] = UInt8(ascii: "0") + pair / 10
            bytes[first + 1] = UInt8(ascii: "0") + pair % 10
        }
        let pair = UInt8(truncatingIfNeeded: rest)
        first -= 1
        bytes[first] = UInt8(ascii: "0") + pair % 10
        if pair >= 10 {
            first -= 1
            bytes[first] = UInt8(ascii: "0") + pair / 10
        }
    }
}
