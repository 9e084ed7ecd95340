import CNetwork
// SPDX-License-Identifier: Apache-2.0
import Capture
import Foundation
import Glibc

/// A network namespace without a name: the kernel removes it, with its interfaces, when this object and its sockets are
/// gone, however the process ends.
///
/// One thread uses it, for the kernel keeps a network namespace for each thread.
final class NetworkNamespace {
    private let descriptor: CInt
    private let home: CInt

    /// What an interface has carried, as the kernel's interface statistics say, without link headers.
    struct Counters: Hashable {
        var received: PacketSum
        var sent: PacketSum
    }

    /// Makes an empty namespace; the thread stays where it is.
    init() throws {
        home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard home >= 0 else { throw SelfTestError.call("opening /proc/thread-self/ns/net") }
        guard netledger_unshare_network() == 0 else {
            let error = SelfTestError.call("making a network namespace (needs CAP_SYS_ADMIN)")
            close(home)
            throw error
        }
        descriptor = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        let error = SelfTestError.call("opening /proc/thread-self/ns/net")
        netledger_enter_network(home)
        guard descriptor >= 0 else {
            close(home)
            throw error
        }
    }

    deinit {
        close(descriptor)
        close(home)
    }

    /// The namespace's file descriptor, for messages that name it.
    var number: UInt32 { UInt32(descriptor) }

    /// Runs `body` with the thread in the namespace.
    func inside<Result>(_ body: () throws -> Result) throws -> Result {
        guard netledger_enter_network(descriptor) == 0 else { throw SelfTestError.call("entering a network namespace") }
        defer { netledger_enter_network(home) }
        return try body()
    }

    /// Counters of the interface `name`.
    func counters(of name: String) throws -> Counters {
        let text = try inside { try ProcFile.read("/proc/thread-self/net/dev") }
        guard let counters = Counters(interface: name, table: text) else {
            throw SelfTestError.failed(call: "counters of \(name)", code: ENODEV)
        }
        return counters
    }
}

extension NetworkNamespace.Counters {
    /// Reads the line of `interface` in the text of `/proc/net/dev`, whose bytes have 14 of Ethernet per packet.
    init?(interface: String, table: String) {
        for line in table.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == interface else { continue }
            let numbers = parts[1].split(separator: " ").compactMap { UInt64($0) }
            guard numbers.count >= 10 else { return nil }
            received = PacketSum(bytes: numbers[0] - 14 * numbers[1], packets: numbers[1])
            sent = PacketSum(bytes: numbers[8] - 14 * numbers[9], packets: numbers[9])
            return
        }
        return nil
    }
}
