// SPDX-License-Identifier: Apache-2.0
import Traffic

/// The small parts of a flow's key in one number, as in column `key_bits`.
struct KeyBits {
    /// Bits 0...7 protocol, 8...9 initiator, 10 loopback, 11...12 what became of a service's address.
    let rawValue: UInt32

    /// The bits of `flow`.
    init(_ flow: Flow) {
        rawValue =
            UInt32(flow.ipProtocol.rawValue) | UInt32(flow.initiator.rawValue) << 8 | (flow.viaLoopback ? 1 << 10 : 0)
            | UInt32(flow.service.rawValue) << 11
    }

    /// The given bits; `nil` if they name no initiator or set a bit above 12.
    init?(rawValue: UInt32) {
        guard rawValue < 1 << 13, Initiator(rawValue: UInt8(rawValue >> 8 & 3)) != nil else { return nil }
        self.rawValue = rawValue
    }

    /// Bits 0...7.
    var ipProtocol: IPProtocol {
        IPProtocol(rawValue: UInt8(truncatingIfNeeded: rawValue))
    }

    /// Bits 8...9.
    var initiator: Initiator {
        Initiator(rawValue: UInt8(rawValue >> 8 & 3)) ?? .unknown
    }

    /// Bit 10.
    var viaLoopback: Bool {
        rawValue & 1 << 10 != 0
    }

    /// Bits 11...12.
    var service: ServiceResolution {
        ServiceResolution(rawValue: UInt8(rawValue >> 11 & 3)) ?? .none
    }
}
