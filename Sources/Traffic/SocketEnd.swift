// SPDX-License-Identifier: Apache-2.0

/// One end of a connection: an address and a port.
public struct SocketEnd: Hashable, Sendable {
    /// The address.
    public var address: IPAddress
    /// The port.
    public var port: UInt16

    /// The end at `address` and `port`.
    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}
