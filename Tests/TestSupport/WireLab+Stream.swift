// SPDX-License-Identifier: Apache-2.0
import Glibc

extension WireLab {
    /// How a connection ends.
    public enum Ending: Hashable, Sendable, CaseIterable {
        /// The client closes, then the server, with its acknowledgement.
        case clientFirst
        /// The server closes, then the client, with its acknowledgement.
        case serverFirst
        /// The client closes; the server acknowledges, and closes later.
        ///
        /// In between the kernel puts a stand-in in the place of the client's socket.
        case clientLongBefore
        /// The server closes; the client acknowledges, and closes later.
        case serverLongBefore
        /// The client says that it has finished, then gets its reply, then both close.
        case halfClosed
        /// The client resets.
        case clientResets
        /// The server resets.
        case serverResets
    }

    /// Opens a connection from one host to a service of another.
    ///
    /// - Parameters:
    ///   - form: The form of address.
    ///   - port: The service's, below ``WireCounters/firstClientPort``.
    public func connection(_ form: TrafficExchange.Form, from client: Int = 0, to server: Int = 1, port: UInt16) throws
        -> (client: LabSocket, server: LabSocket)
    {
        let listener = try listener(form, at: server, port: port)
        return try connection(form, from: client, to: server, listener)
    }

    /// Opens a connection to `listener`.
    public func connection(
        _ form: TrafficExchange.Form,
        from client: Int = 0,
        to server: Int = 1,
        _ listener: LabSocket
    ) throws -> (client: LabSocket, server: LabSocket) {
        let socket = try open(client, form, SOCK_STREAM)
        try socket.connect(Endpoint(hosts[server].address(form), listener.local.port))
        return (socket, try listener.accept())
    }

    /// A socket that accepts connections to `port`, or to a service port of its choice.
    public func listener(_ form: TrafficExchange.Form, at host: Int = 1, port: UInt16, backlog: Int32 = 4096) throws
        -> LabSocket
    {
        let listener = try open(host, form, SOCK_STREAM)
        try listener.bind(Endpoint(hosts[host].address(form), port))
        try listener.listen(backlog: backlog)
        return listener
    }

    /// Sends `count` bytes and gets `reply` bytes back on an open connection, then ends it.
    public func finish(
        _ connection: (client: LabSocket, server: LabSocket),
        count: Int,
        reply: Int,
        _ ending: Ending
    ) throws {
        let (client, server) = connection
        try client.exchange(count, with: server, reply: ending == .halfClosed ? 0 : reply)
        switch ending {
        case .clientFirst:
            client.close()
            try server.drain()
            server.close()
        case .serverFirst:
            server.close()
            try client.drain()
            client.close()
        case .clientLongBefore:
            client.close()
            try server.drain()
            try server.acknowledge()
            server.close()
        case .serverLongBefore:
            server.close()
            try client.drain()
            try client.acknowledge()
            client.close()
        case .halfClosed:
            try client.finishSending()
            try server.drain()
            try server.exchange(reply, with: client, reply: 0)
            server.close()
            try client.drain()
            client.close()
        case .clientResets:
            try client.settle(with: server)
            try client.reset()
            try server.expectReset()
        case .serverResets:
            try client.settle(with: server)
            try server.reset()
            try client.expectReset()
        }
    }
}

extension LabSocket {
    /// Waits until nothing is on its way: what arrives after a reset finds no socket, and no owner.
    ///
    /// - Throws: ``Failure`` if that takes longer than ten seconds.
    public func settle(with peer: LabSocket) throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try !isQuiet(peer) {
            try acknowledge()
            try peer.acknowledge()
            guard ContinuousClock.now < deadline else { throw Failure("settle", code: ETIMEDOUT) }
            sched_yield()
        }
    }

    /// Sends an acknowledgement that is due and would be delayed.
    public func acknowledge() throws {
        try set(Int32(IPPROTO_TCP), TCP_QUICKACK, to: 1)
    }

    /// Waits for the peer's reset, and closes.
    public func expectReset() throws {
        do {
            try drain()
            throw Failure("a stream that should be reset ended", code: 0)
        } catch let failure as Failure where failure.code == ECONNRESET {
            close()
        }
    }
}
