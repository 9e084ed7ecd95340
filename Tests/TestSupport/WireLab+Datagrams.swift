// SPDX-License-Identifier: Apache-2.0
import Glibc

extension WireLab {
    /// How the client's socket of an exchange of datagrams is used.
    public enum Client: Hashable, Sendable, CaseIterable {
        /// Connected to the service.
        case connected
        /// Given the service's address with each datagram.
        case unconnected
    }

    /// A socket bound to `port` of a host, which receives datagrams.
    public func service(_ form: TrafficExchange.Form, at host: Int = 1, port: UInt16) throws -> LabSocket {
        let socket = try open(host, form, SOCK_DGRAM)
        try socket.bind(Endpoint(hosts[host].address(form), port))
        return socket
    }

    /// Sends requests of these sizes from a new socket to `service`, each answered with `reply` bytes before the next.
    ///
    /// - Parameters:
    ///   - client: Number of the host that asks.
    ///   - server: Number of the host that has `service`.
    public func ask(
        _ service: LabSocket,
        _ form: TrafficExchange.Form,
        from client: Int = 0,
        at server: Int = 1,
        as kind: Client,
        requests: [Int],
        reply: Int
    ) throws {
        let socket = try open(client, form, SOCK_DGRAM)
        let endpoint = Endpoint(hosts[server].address(form), service.local.port)
        if kind == .connected { try socket.connect(endpoint) }
        for request in requests {
            try socket.send(request, to: kind == .connected ? nil : endpoint)
            let received = try service.receive()
            guard received.bytes.count == request else { throw LabSocket.Failure("ask", code: EMSGSIZE) }
            try service.send(reply, to: received.from)
            try socket.receive()
        }
    }

    /// Sends `count` times one super-packet of 14 datagrams of `size` bytes to `service`, which receives them.
    ///
    /// - Throws: ``LabSocket/Failure`` too if the kernel is older than 4.18, which has no `UDP_SEGMENT`.
    public func sendSegmented(
        to service: LabSocket,
        _ form: TrafficExchange.Form,
        size: Int,
        count: Int
    ) throws {
        let (udp, segment): (Int32, Int32) = (17, 103)
        let socket = try open(0, form, SOCK_DGRAM)
        try socket.set(udp, segment, to: Int32(size))
        let endpoint = Endpoint(hosts[1].address(form), service.local.port)
        for _ in 0..<count {
            try socket.send(14 * size, to: endpoint)
            var received = 0
            while received < 14 * size { received += try service.receive().bytes.count }
        }
    }
}
