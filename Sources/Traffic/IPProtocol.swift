// SPDX-License-Identifier: Apache-2.0

/// A transport protocol, by its number in the IANA "Assigned Internet Protocol Numbers" registry.
public struct IPProtocol: RawRepresentable, Hashable, Sendable {
    /// The IANA protocol number.
    public let rawValue: UInt8

    /// The protocol with this IANA number.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Transmission Control Protocol.
    public static let tcp = IPProtocol(rawValue: 6)
    /// User Datagram Protocol.
    public static let udp = IPProtocol(rawValue: 17)
    /// ICMP for IPv4.
    public static let icmp = IPProtocol(rawValue: 1)
    /// ICMP for IPv6.
    public static let icmpV6 = IPProtocol(rawValue: 58)
}
