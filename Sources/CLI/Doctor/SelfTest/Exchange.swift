// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Known traffic between two ends, both in this process.
struct Exchange {
    let transport: ProbeSocket.Transport
    let version: ProbeSocket.Version
    /// True if some datagrams shall be larger than the MTU of an Ethernet.
    let hasFragments: Bool
    /// Makes a socket at the end that opens.
    let clientSocket: () throws -> ProbeSocket
    /// Makes a socket at the end that answers.
    let serverSocket: () throws -> ProbeSocket
    let client: IPAddress
    let server: IPAddress

    private static let datagramSizes = [1, 64, 512, 1200, 1400]
    private static let fragmentedSizes = [1600, 8000]
    private static let connectionCount = 3
    /// Sent at once each way, so that super-packets come about; small enough to fit into the socket's buffers.
    private static let chunk = 30_000

    /// Sends it, and gives what the two ends together must have sent, and so received.
    ///
    /// - Throws: ``SelfTestError/repeated`` if TCP repeated a segment, which its own counters do not tell exactly.
    func run() throws -> PacketSum {
        switch transport {
        case .udp: try datagrams()
        case .tcp: try streams()
        }
    }

    /// Payload and headers: nothing else is sent.
    private func datagrams() throws -> PacketSum {
        let server = try serverSocket()
        let client = try clientSocket()
        try server.bind(to: self.server)
        try client.bind(to: self.client)
        try client.connect(to: self.server, server.port)
        var sum = PacketSum()
        for size in Self.datagramSizes + (hasFragments ? Self.fragmentedSizes : []) {
            for answer in [size, 2 * size % 1400 + 1] {
                try client.send(size)
                try server.receive(size)
                try server.send(answer, to: self.client, client.port)
                try client.receive(answer)
                sum += PacketSum(bytes: UInt64(size + answer) + 2 * (version.headerLength + 8), packets: 2)
            }
        }
        return sum
    }

    private func streams() throws -> PacketSum {
        let listener = try serverSocket()
        try listener.bind(to: server)
        try listener.listen()
        var sum = PacketSum()
        for connection in 0..<Self.connectionCount {
            let client = try clientSocket()
            try client.bind(to: self.client)
            try client.connect(to: server, listener.port)
            let accepted = try listener.accept()
            var payload = 0
            // The first connection carries a few bytes only.
            for size in connection == 0 ? [100] : [1000, Self.chunk, Self.chunk] {
                try client.send(size)
                try accepted.receive(size)
                try accepted.send(size)
                try client.receive(size)
                payload += 2 * size
            }
            try client.finish()
            try accepted.receiveEnd()
            try accepted.finish()
            try client.receiveEnd()
            let segments = try client.segments()
            guard segments.repeated == 0, try accepted.segments().repeated == 0 else { throw SelfTestError.repeated }
            sum += segments.sum(payload: UInt64(payload), header: version.headerLength)
        }
        return sum
    }
}
