// SPDX-License-Identifier: Apache-2.0

/// Packets and their layer 3 bytes.
struct PacketSum: Hashable, Sendable {
    var bytes: UInt64 = 0
    var packets: UInt64 = 0

    static func += (left: inout PacketSum, right: PacketSum) {
        left.bytes += right.bytes
        left.packets += right.packets
    }

    static func - (left: PacketSum, right: PacketSum) -> PacketSum {
        PacketSum(bytes: left.bytes &- right.bytes, packets: left.packets &- right.packets)
    }
}

/// One line of the self-test: what the meter says of known traffic.
struct SelfTestRow: Hashable, Sendable {
    /// The way the packets took.
    enum Path: String, CaseIterable, Sendable {
        case loopback
        case namespaces = "namespace pair"
    }

    var path: Path
    var transport: ProbeSocket.Transport
    var version: ProbeSocket.Version
    /// True for what both ends sent, false for what both received.
    var isSent: Bool
    var expected: PacketSum
    var measured: PacketSum

    /// Such as `UDP v4`.
    var protocolName: String {
        "\(transport.rawValue) \(version.rawValue)"
    }

    /// Bytes that the meter has too many.
    var difference: Int64 {
        Int64(bitPattern: measured.bytes &- expected.bytes)
    }

    /// True if every byte and packet was found.
    var isExact: Bool {
        measured == expected
    }
}
