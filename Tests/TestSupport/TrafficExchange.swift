// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Traffic

/// Known traffic between two hosts of a ``NetworkLab``, each side in a cgroup of its own.
///
/// The built `TrafficGenerator` moves it. When ``run(client:server:logs:)`` returns, both sides have counted every
/// byte, both processes have ended, and nothing is in flight.
public struct TrafficExchange: Hashable, Sendable {
    /// How the bytes travel.
    public enum Transport: Hashable, Sendable {
        /// Connections one after the other, with at most `chunk` bytes given to the kernel in one call.
        case tcp(connections: Int, chunk: Int)
        /// Sockets one after the other, each sending requests one at a time; connected to the peer or not.
        case udp(sockets: Int, requests: Int, connected: Bool)
    }

    /// How the sockets are addressed.
    public enum Form: Hashable, Sendable, CaseIterable {
        /// IPv4 sockets.
        case v4
        /// IPv6 sockets.
        case v6
        /// IPv6 sockets at both ends that talk to IPv4-mapped addresses: IPv4 on the wire.
        case mapped
    }

    /// One end: where the program runs and on whose account.
    public struct Side: Sendable {
        /// The namespace.
        public var host: NetworkLab.Host
        /// The cgroup.
        public var group: CgroupLab.Group

        /// The end in `host`, on account of `group`.
        public init(host: NetworkLab.Host, group: CgroupLab.Group) {
            self.host = host
            self.group = group
        }
    }

    /// What one side reported, in bytes of payload.
    public struct Report: Hashable, Sendable, Decodable {
        /// TCP connections, or datagrams answered.
        public var exchanges: Int
        /// Payload bytes given to the kernel.
        public var sentBytes: Int
        /// Payload bytes received from the kernel.
        public var receivedBytes: Int

        private enum CodingKeys: String, CodingKey {
            case exchanges
            case sentBytes = "sent_bytes"
            case receivedBytes = "received_bytes"
        }
    }

    /// How the bytes travel.
    public var transport: Transport
    /// How the sockets are addressed.
    public var form: Form
    /// The port that the server listens on.
    public var port: UInt16
    /// Payload of each request, 16 or more.
    public var requestBytes: Int
    /// Payload of each reply; for UDP 16 or more.
    public var replyBytes: Int

    /// Traffic with these properties.
    public init(_ transport: Transport, _ form: Form, port: UInt16, requestBytes: Int, replyBytes: Int) {
        self.transport = transport
        self.form = form
        self.port = port
        self.requestBytes = requestBytes
        self.replyBytes = replyBytes
    }

    /// TCP or UDP.
    public var ipProtocol: IPProtocol {
        switch transport {
        case .tcp: .tcp
        case .udp: .udp
        }
    }

    /// Connections, or datagrams and their answers.
    public var exchanges: Int {
        switch transport {
        case .tcp(let connections, _): connections
        case .udp(let sockets, let requests, _): sockets * requests
        }
    }

    /// What the packet filter of a host is to count, if `remote` is at the other end.
    public func watch(remote: NetworkLab.Host) -> NftCounters.Watch {
        .init(ipProtocol, remote: form == .v6 ? remote.v6 : remote.v4, servicePort: port)
    }

    /// Moves the bytes and checks that both sides saw all of them.
    ///
    /// - Parameters:
    ///   - client: The side that opens connections or sends requests.
    ///   - server: The side that listens.
    ///   - logs: Where the programs' output goes.
    /// - Returns: The client's report.
    /// - Throws: ``LaunchError`` with a program's output if it fails or the sums are not what was asked for.
    @discardableResult
    public func run(client: Side, server: Side, logs: TemporaryDirectory) async throws -> Report {
        let program = try BuiltProduct.path("TrafficGenerator")
        let address = text(of: server.host)
        let serve = [program, "serve", flag, "\(port)", "--bind", address, "--exchanges", "\(exchanges)"]
        let listener = try ChildProcess(
            server.group.entering(server.host.command(serve)),
            outputPath: logs.file("serve-\(UUID().uuidString).log")
        )
        try await listener.waitForLine(containing: "ready")
        let target = form == .v4 ? "\(address):\(port)" : "[\(address)]:\(port)"
        let send = [program, "send", flag, "--to", target] + clientArguments
        let sender = try ChildProcess(
            client.group.entering(client.host.command(send)),
            outputPath: logs.file("send-\(UUID().uuidString).log")
        )
        let sent = try await Self.report(of: sender)
        let served = try await Self.report(of: listener)
        let expected = (exchanges * requestBytes, exchanges * replyBytes)
        guard
            (sent.sentBytes, sent.receivedBytes) == expected,
            (served.receivedBytes, served.sentBytes) == expected
        else { throw LaunchError("\(self) moved \(sent) and \(served)") }
        return sent
    }

    private var flag: String {
        ipProtocol == .tcp ? "--tcp" : "--udp"
    }

    private var clientArguments: [String] {
        let sizes = ["--bytes", "\(requestBytes)", "--reply-bytes", "\(replyBytes)"]
        switch transport {
        case .tcp(let connections, let chunk):
            return sizes + ["--connections", "\(connections)", "--chunk", "\(chunk)"]
        case .udp(let sockets, let requests, let connected):
            let mode = connected ? [] : ["--unconnected"]
            return sizes + ["--sockets", "\(sockets)", "--requests", "\(requests)"] + mode
        }
    }

    private func text(of host: NetworkLab.Host) -> String {
        switch form {
        case .v4: "\(host.v4)"
        case .v6: "\(host.v6)"
        case .mapped: "::ffff:\(host.v4)"
        }
    }

    private static func report(of process: ChildProcess) async throws -> Report {
        try await process.waitForSuccess()
        let line = process.output.split(separator: "\n").last { $0.hasPrefix("{") } ?? ""
        return try JSONDecoder().decode(Report.self, from: Data(line.utf8))
    }
}
