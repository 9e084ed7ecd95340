// SPDX-License-Identifier: Apache-2.0

/// An ICMP echo request.
public enum Echo {
    /// The request's bytes from the ICMP header on, for IPv4 with its checksum; for IPv6 the kernel fills it in.
    ///
    /// - Parameters:
    ///   - form: `.v6` for ICMPv6.
    ///   - identifier: Tells the replies of one raw socket from those of another; a ping socket has its own.
    ///   - data: Bytes after the header.
    public static func request(_ form: TrafficExchange.Form, identifier: UInt16 = 7, data: Int) -> [UInt8] {
        let id = [UInt8(identifier >> 8), UInt8(identifier & 0xff)]
        if form == .v6 { return [128, 0, 0, 0] + id + [0, 1] + [UInt8](repeating: 0x61, count: data) }
        var packet: [UInt8] = [8, 0, 0, 0] + id + [0, 1] + [UInt8](repeating: 0x61, count: data)
        var sum: UInt32 = 0
        for (index, byte) in packet.enumerated() { sum += UInt32(byte) << (index % 2 == 0 ? 8 : 0) }
        while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
        let checksum = ~UInt16(truncatingIfNeeded: sum)
        packet[2] = UInt8(checksum >> 8)
        packet[3] = UInt8(checksum & 0xff)
        return packet
    }
}
