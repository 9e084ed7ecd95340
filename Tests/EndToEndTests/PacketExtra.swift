// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport

/// Something that a socket puts into every packet's IP header, or behind it.
enum PacketExtra: String, Hashable, Sendable, CaseIterable {
    case v4Options
    case hopByHop
    case destinationOptions
    case hopByHopAndDestinationOptions

    var form: TrafficExchange.Form {
        self == .v4Options ? .v4 : .v6
    }

    /// Makes `socket` send it.
    func apply(to socket: LabSocket) throws {
        switch self {
        case .v4Options:
            // Seven times "no operation", and the end.
            try socket.set(Int32(IPPROTO_IP), IP_OPTIONS, to: [1, 1, 1, 1, 1, 1, 1, 0])
        case .hopByHop:
            try socket.set(Int32(IPPROTO_IPV6), IPV6_HOPOPTS, to: Self.header(units: 1))
        case .destinationOptions:
            try socket.set(Int32(IPPROTO_IPV6), IPV6_DSTOPTS, to: Self.header(units: 3))
        case .hopByHopAndDestinationOptions:
            try socket.set(Int32(IPPROTO_IPV6), IPV6_HOPOPTS, to: Self.header(units: 2))
            try socket.set(Int32(IPPROTO_IPV6), IPV6_DSTOPTS, to: Self.header(units: 1))
        }
    }

    /// An extension header of `units` times eight bytes, with one option that is for experiments and may be skipped.
    private static func header(units: Int) -> [UInt8] {
        let length = 8 * units - 4
        return [0, UInt8(units - 1), 0x1e, UInt8(length)] + [UInt8](repeating: 0, count: length)
    }
}
