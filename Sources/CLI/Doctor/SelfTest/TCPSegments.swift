// SPDX-License-Identifier: Apache-2.0

/// What the kernel's TCP says of one connection, seen from the side that opened it.
struct TCPSegments: Hashable, Sendable {
    /// Segments out, SYN included.
    var out: UInt64
    /// Segments in, SYN-ACK included.
    var `in`: UInt64
    /// Segments that were sent again.
    var repeated: UInt64
    var hasTimestamps: Bool
    var hasSelectiveAcknowledgements: Bool
    var hasWindowScale: Bool

    /// Reads a `struct tcp_info`, at the offsets of the kernel's ABI.
    init(info: [UInt8]) {
        func word(_ offset: Int) -> UInt64 {
            info[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        let options = info[5]
        hasTimestamps = options & 1 != 0
        hasSelectiveAcknowledgements = options & 2 != 0
        hasWindowScale = options & 4 != 0
        repeated = word(100)
        out = word(136)
        self.in = word(140)
    }

    /// What both sides sent, on layer 3, if nothing was repeated.
    ///
    /// - Parameters:
    ///   - payload: Bytes that both sides sent.
    ///   - header: Bytes of an IP header.
    func sum(payload: UInt64, header: UInt64) -> PacketSum {
        let packets = out + self.in
        let plain = header + 20 + (hasTimestamps ? 12 : 0)
        // Maximum segment size; timestamps with or without SACK permitted, or that alone; window scale.
        let options: UInt64 =
            4 + (hasTimestamps ? 12 : hasSelectiveAcknowledgements ? 4 : 0) + (hasWindowScale ? 4 : 0)
        return PacketSum(bytes: payload + 2 * (header + 20 + options) + (packets - 2) * plain, packets: packets)
    }
}
