// SPDX-License-Identifier: Apache-2.0

extension UInt128 {
    /// The boot id that `bytes` hold, most significant first; `nil` unless there are 16.
    init?(bootID bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// The 16 bytes of this boot id, most significant first.
    var bootIDBytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: self >> UInt128(120 - 8 * $0)) }
    }
}
