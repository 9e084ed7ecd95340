// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// A connection as the side that opened it sees it.
public struct Connection: Hashable, Sendable {
    /// The transport protocol.
    public var ipProtocol: IPProtocol
    /// The end that opened it.
    public var source: SocketEnd
    /// The end that it was opened to.
    public var destination: SocketEnd

    /// A connection from `source` to `destination`.
    public init(_ ipProtocol: IPProtocol, from source: SocketEnd, to destination: SocketEnd) {
        self.ipProtocol = ipProtocol
        self.source = source
        self.destination = destination
    }
}
