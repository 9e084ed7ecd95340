// SPDX-License-Identifier: Apache-2.0

/// Bytes and packets of a flow in both directions.
///
/// Bytes are layer 3 bytes as on the wire: IP header, transport header and payload of every packet. The link's
/// own header is not counted.
public struct FlowCounters: Hashable, Sendable {
    /// Bytes sent by the metered side.
    public var egressBytes: UInt64
    /// Bytes received by the metered side.
    public var ingressBytes: UInt64
    /// Packets sent by the metered side.
    public var egressPackets: UInt64
    /// Packets received by the metered side.
    public var ingressPackets: UInt64

    /// Nothing in either direction.
    public static let zero = FlowCounters()

    /// Counters with the given values.
    public init(
        egressBytes: UInt64 = 0,
        ingressBytes: UInt64 = 0,
        egressPackets: UInt64 = 0,
        ingressPackets: UInt64 = 0
    ) {
        self.egressBytes = egressBytes
        self.ingressBytes = ingressBytes
        self.egressPackets = egressPackets
        self.ingressPackets = ingressPackets
    }

    /// True if all four counters are zero.
    public var isZero: Bool {
        egressBytes | ingressBytes | egressPackets | ingressPackets == 0
    }

    /// Adds `other`; traps on overflow, which 64 bits of bytes do not reach.
    public static func += (left: inout FlowCounters, right: FlowCounters) {
        left.egressBytes += right.egressBytes
        left.ingressBytes += right.ingressBytes
        left.egressPackets += right.egressPackets
        left.ingressPackets += right.ingressPackets
    }

    /// What is left of each counter without `other`; 0 where that is larger.
    public func subtracting(_ other: FlowCounters) -> FlowCounters {
        FlowCounters(
            egressBytes: egressBytes - min(other.egressBytes, egressBytes),
            ingressBytes: ingressBytes - min(other.ingressBytes, ingressBytes),
            egressPackets: egressPackets - min(other.egressPackets, egressPackets),
            ingressPackets: ingressPackets - min(other.ingressPackets, ingressPackets)
        )
    }

    /// True if none of the four counters is less than that of `other`.
    public func contains(_ other: FlowCounters) -> Bool {
        egressBytes >= other.egressBytes && ingressBytes >= other.ingressBytes
            && egressPackets >= other.egressPackets && ingressPackets >= other.ingressPackets
    }
}
