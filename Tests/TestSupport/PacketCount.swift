// SPDX-License-Identifier: Apache-2.0

/// Packets and their layer 3 bytes, in one direction.
public struct PacketCount: Hashable, Sendable {
    /// Bytes from the IP header on.
    public var bytes: UInt64
    /// Packets.
    public var packets: UInt64

    /// Nothing.
    public static let zero = PacketCount(bytes: 0, packets: 0)

    /// A count of the given size.
    public init(bytes: UInt64, packets: UInt64) {
        self.bytes = bytes
        self.packets = packets
    }

    /// The sum of both.
    public static func + (left: PacketCount, right: PacketCount) -> PacketCount {
        PacketCount(bytes: left.bytes + right.bytes, packets: left.packets + right.packets)
    }

    /// What was counted since `earlier`.
    public func since(_ earlier: PacketCount) -> PacketCount {
        PacketCount(bytes: bytes - earlier.bytes, packets: packets - earlier.packets)
    }
}
