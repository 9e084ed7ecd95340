// SPDX-License-Identifier: Apache-2.0
import Glibc
import Instruments

/// A process that sends one datagram over loopback to each of many addresses of 127.0.0.0/8, from one socket: as
/// many flows.
struct FlowSource {
    /// The first argument that turns this program into a source.
    static let command = "make-flows"

    /// Always the same, so that the datagrams of two runs are of the same flows.
    private static let port: UInt16 = 9_339

    private let flows: Int
    private let group: String

    /// - Parameter arguments: The number of flows, 1...10,000,000, and the path of the cgroup that they are to be of.
    init(arguments: [String]) throws(BenchmarkError) {
        guard arguments.count == 2, let flows = Int(arguments[0]), (1...10_000_000).contains(flows) else {
            throw BenchmarkError("\(Self.command) needs a number of flows and the path of a cgroup")
        }
        self.flows = flows
        group = arguments[1]
    }

    /// Sends the datagrams.
    func run() throws {
        // Made outside the metered cgroup, and never read: what does not fit is dropped after it was counted.
        let sink = try TrafficSocket(SOCK_DGRAM)
        try sink.bind(to: sockaddr_in(v4: 0, port: Self.port))
        try enter()
        let socket = try TrafficSocket(SOCK_DGRAM)
        try socket.bind(to: sockaddr_in(v4: 0, port: Self.port + 1))
        let message = [UInt8](repeating: 0, count: 64)
        for number in 0..<UInt32(flows) {
            try socket.sendDatagram(message, to: sockaddr_in(v4: 0x7f01_0000 + number, port: Self.port))
        }
        _ = sink
    }

    private func enter() throws(BenchmarkError) {
        let descriptor = open(group + "/cgroup.procs", O_WRONLY)
        guard descriptor >= 0 else { throw BenchmarkError(system: "the cgroup \(group) cannot be opened") }
        defer { close(descriptor) }
        let text = Array("\(getpid())\n".utf8)
        guard write(descriptor, text, text.count) == text.count else {
            throw BenchmarkError(system: "the cgroup \(group) cannot be entered")
        }
    }
}
