// SPDX-License-Identifier: Apache-2.0

/// Appends numbers of any width to bytes, the lowest bits first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private(set) var bitCount = 0
    private var pending: UInt64 = 0
    private var pendingBits = 0

    /// Appends the lowest `width` bits (at most 64) of `value`, whose other bits are zero.
    mutating func append(_ value: UInt64, width: Int) {
        if width > 32 {
            append(value & 0xffff_ffff, width: 32)
            append(value >> 32, width: width - 32)
            return
        }
        pending |= value << UInt64(pendingBits)
        pendingBits += width
        bitCount += width
        while pendingBits >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            pendingBits -= 8
        }
    }

    /// Fills up the last byte.
    mutating func finish() {
        if pendingBits > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
        (pending, pendingBits) = (0, 0)
    }
}
