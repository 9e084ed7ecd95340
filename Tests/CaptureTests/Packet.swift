// SPDX-License-Identifier: Apache-2.0

/// A crafted IP packet, from its IP header on.
///
/// Checksums are zero: the hooks do not look at them.
enum Packet {
    /// An IPv4 packet from `source` to `destination` (four bytes each) with `options` (a multiple of 4 bytes).
    static func v4(
        from source: [UInt8] = [192, 0, 2, 1],
        to destination: [UInt8] = [198, 51, 100, 2],
        protocol number: UInt8,
        options: [UInt8] = [],
        fragmentOffset: UInt16 = 0,
        moreFragments: Bool = false,
        _ payload: [UInt8]
    ) -> [UInt8] {
        let headerWords = UInt8(5 + options.count / 4)
        let fragment = fragmentOffset / 8 | (moreFragments ? 0x2000 : 0)
        return [0x40 | headerWords, 0]
            + word(UInt16(Int(headerWords) * 4 + payload.count)) + [0, 0] + word(fragment)
            + [64, number, 0, 0] + source + destination + options + payload
    }

    /// An IPv6 packet whose first header after the fixed one is `next`.
    static func v6(
        from source: [UInt8] = address6(1),
        to destination: [UInt8] = address6(2),
        next: UInt8,
        _ payload: [UInt8]
    ) -> [UInt8] {
        [0x60, 0, 0, 0] + word(UInt16(payload.count)) + [next, 64] + source + destination + payload
    }

    /// 2001:db8::`last`.
    static func address6(_ last: UInt8) -> [UInt8] {
        [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [last]
    }

    /// A TCP segment with `options` (a multiple of 4 bytes) and `data` bytes of payload.
    static func tcp(_ source: UInt16, _ destination: UInt16, options: [UInt8] = [], data: Int = 0) -> [UInt8] {
        word(source) + word(destination) + [0, 0, 0, 1, 0, 0, 0, 1, UInt8((5 + options.count / 4) << 4), 0x10]
            + [0xff, 0xff, 0, 0, 0, 0] + options + [UInt8](repeating: 0x55, count: data)
    }

    /// A UDP datagram with `data` bytes of payload.
    static func udp(_ source: UInt16, _ destination: UInt16, data: Int = 0) -> [UInt8] {
        word(source) + word(destination) + word(UInt16(8 + data)) + [0, 0] + [UInt8](repeating: 0x55, count: data)
    }

    /// An IPv6 extension header of `length` bytes (a multiple of 8) that is followed by `next`.
    static func extensionHeader(next: UInt8, length: Int = 8) -> [UInt8] {
        [next, UInt8(length / 8 - 1)] + [1, UInt8(length - 4)] + [UInt8](repeating: 0, count: length - 4)
    }

    /// An IPv6 fragment header.
    static func fragmentHeader(next: UInt8, offset: UInt16, more: Bool) -> [UInt8] {
        [next, 0] + word(offset | (more ? 1 : 0)) + [0, 0, 0, 7]
    }

    private static func word(_ value: UInt16) -> [UInt8] {
        [UInt8(value >> 8), UInt8(value & 255)]
    }
}
