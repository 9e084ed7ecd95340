// SPDX-License-Identifier: Apache-2.0
import Glibc
import Instruments

/// A process that keeps many flows alive: datagrams over loopback, from one socket in each of some cgroups to many
/// addresses of 127.0.0.0/8.
///
/// A socket belongs to the cgroup in which its process was when it was made, so one process is enough.
struct DatagramSource {
    /// The first argument that turns this program into a source.
    static let command = "send-datagrams"

    /// Microseconds from one round to the next; two fit into an agent's interval.
    private static let pause: UInt32 = 2_000_000
    private static let payload = [UInt8](repeating: 0, count: 100)

    private let addresses: Int
    private let groups: [String]

    /// - Parameter arguments: The number of addresses for each socket, 1...65,535, and the paths of the cgroups.
    init(arguments: [String]) throws(BenchmarkError) {
        guard let first = arguments.first, let addresses = Int(first), (1...65_535).contains(addresses) else {
            throw BenchmarkError("\(Self.command) needs a number of addresses and the paths of cgroups")
        }
        self.addresses = addresses
        groups = Array(arguments.dropFirst())
    }

    /// Sends until the process is killed.
    func run() throws(BenchmarkError) -> Never {
        // Made outside the metered cgroups, and never read: what does not fit is dropped after it was counted.
        let port = try sink()
        var sockets: [Int32] = []
        for group in groups {
            try enter(group)
            sockets.append(try datagramSocket())
        }
        while true {
            for (index, socket) in sockets.enumerated() { try send(from: socket, network: UInt32(index), to: port) }
            usleep(Self.pause)
        }
    }

    private func send(from socket: Int32, network: UInt32, to port: UInt16) throws(BenchmarkError) {
        for number in 1...UInt32(addresses) {
            let target = sockaddr_in(v4: 127 << 24 | (network + 1) << 16 | number, port: port)
            let count = target.withSocketAddress { address, length in
                sendto(socket, Self.payload, Self.payload.count, 0, address, length)
            }
            guard count == Self.payload.count else { throw BenchmarkError(system: "a datagram cannot be sent") }
        }
    }

    private func sink() throws(BenchmarkError) -> UInt16 {
        let descriptor = try datagramSocket()
        var address = sockaddr_in(v4: 0, port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) | getsockname(descriptor, address, &length)
            }
        }
        guard status == 0 else { throw BenchmarkError(system: "no port for datagrams") }
        return UInt16(bigEndian: address.sin_port)
    }

    private func datagramSocket() throws(BenchmarkError) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw BenchmarkError(system: "no socket") }
        return descriptor
    }

    private func enter(_ group: String) throws(BenchmarkError) {
        let descriptor = open(group + "/cgroup.procs", O_WRONLY)
        guard descriptor >= 0 else { throw BenchmarkError(system: "the cgroup \(group) cannot be opened") }
        defer { close(descriptor) }
        let text = Array("\(getpid())\n".utf8)
        guard write(descriptor, text, text.count) == text.count else {
            throw BenchmarkError(system: "the cgroup \(group) cannot be entered")
        }
    }
}
