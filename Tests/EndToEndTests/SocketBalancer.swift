// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Foundation
import TestSupport
import Traffic

/// Sends sockets of a cgroup to backends of services before a packet is made, as Cilium's socket load balancer does: it
/// rewrites where a socket connects to and where a datagram goes, and from where an answer comes.
///
/// The backends take their turns, each service's for itself. IPv4 only. It ends with this object.
final class SocketBalancer: Sendable {
    /// A service's port, and where it leads.
    struct Port {
        var service: SocketEnd
        /// Two backends, which serve the same port.
        var backends: [SocketEnd]
    }

    /// The instructions of `<linux/bpf.h>` that are used here.
    private enum Code {
        static let copy: UInt8 = 0xbf
        static let set: UInt8 = 0xb4
        static let add: UInt8 = 0x07
        static let and: UInt8 = 0x57
        static let load: UInt8 = 0x61
        static let store: UInt8 = 0x63
        static let storeNumber: UInt8 = 0x62
        static let address: UInt8 = 0x18
        static let ifNotEqual: UInt8 = 0x56
        static let ifNull: UInt8 = 0x15
        static let call: UInt8 = 0x85
        static let exit: UInt8 = 0x95
    }

    /// Fields of `struct bpf_sock_addr`.
    private enum Field {
        static let address: Int16 = 4
        static let port: Int16 = 24
    }

    private let cgroup: CInt
    private let turns: CInt
    /// Programs, and the numbers of their hooks.
    private let programs: [(program: CInt, hook: UInt32)]

    /// Balances the sockets of the cgroup at `path`.
    ///
    /// - Throws: ``LaunchError`` if the kernel refuses a program.
    init(_ ports: [Port], at path: String) throws {
        cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        turns = bpf_map_create(BPF_MAP_TYPE_ARRAY, "turns", 4, 4, UInt32(max(1, ports.count)), nil)
        guard cgroup >= 0, turns >= 0 else { throw LaunchError("no cgroup at \(path), or no map: \(errno)") }
        var programs: [(CInt, UInt32)] = []
        for hook in [BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_UDP4_SENDMSG, BPF_CGROUP_UDP4_RECVMSG] {
            let code =
                hook == BPF_CGROUP_UDP4_RECVMSG ? Self.answers(ports) : Self.requests(ports, turns: turns)
            var options = bpf_prog_load_opts()
            options.sz = MemoryLayout<bpf_prog_load_opts>.size
            options.expected_attach_type = hook
            let program = bpf_prog_load(
                BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
                "balancer",
                "GPL",
                code,
                code.count,
                &options
            )
            guard program >= 0, bpf_prog_attach(program, cgroup, hook, UInt32(BPF_F_ALLOW_MULTI)) == 0 else {
                throw LaunchError("the kernel refuses the balancer at hook \(hook.rawValue): \(errno)")
            }
            programs.append((program, hook.rawValue))
        }
        self.programs = programs
    }

    deinit {
        for (program, hook) in programs {
            bpf_prog_detach2(program, cgroup, bpf_attach_type(rawValue: hook))
            close(program)
        }
        close(turns)
        close(cgroup)
    }

    /// Where a socket goes that asks for a service.
    private static func requests(_ ports: [Port], turns: CInt) -> [bpf_insn] {
        var code = start
        for (number, port) in ports.enumerated() {
            let rewrite = [
                instruction(Code.storeNumber, to: 10, offset: -4, Int32(number)),
                instruction(Code.copy, to: 2, from: 10), instruction(Code.add, to: 2, -4),
                instruction(Code.address, to: 1, from: 1, turns), instruction(0),
                instruction(Code.call, 1), instruction(Code.ifNull, to: 0, offset: 11, 0),
                instruction(Code.load, to: 3, from: 0), instruction(Code.copy, to: 4, from: 3),
                instruction(Code.add, to: 4, 1), instruction(Code.store, to: 0, from: 4),
                instruction(Code.and, to: 3, 1), instruction(Code.set, to: 5, word(port.backends[0].address)),
                instruction(Code.ifNull, to: 3, offset: 1, 0),
                instruction(Code.set, to: 5, word(port.backends[1].address)),
                instruction(Code.store, to: 6, from: 5, offset: Field.address),
                instruction(Code.set, to: 5, word(port.backends[0].port)),
                instruction(Code.store, to: 6, from: 5, offset: Field.port),
            ]
            code += unless(port.service.address, port.service.port, skip: rewrite.count) + rewrite
        }
        return code + end
    }

    /// From where an answer comes: from the service.
    private static func answers(_ ports: [Port]) -> [bpf_insn] {
        var code = start
        for port in ports {
            let rewrite = [
                instruction(Code.set, to: 5, word(port.service.address)),
                instruction(Code.store, to: 6, from: 5, offset: Field.address),
                instruction(Code.set, to: 5, word(port.service.port)),
                instruction(Code.store, to: 6, from: 5, offset: Field.port),
            ]
            for backend in port.backends {
                code += unless(backend.address, backend.port, skip: rewrite.count) + rewrite
            }
        }
        return code + end
    }

    /// The context, its address and its port in registers 6, 7 and 8.
    private static var start: [bpf_insn] {
        [
            instruction(Code.copy, to: 6, from: 1), instruction(Code.load, to: 7, from: 6, offset: Field.address),
            instruction(Code.load, to: 8, from: 6, offset: Field.port),
        ]
    }

    /// Lets everything go on.
    private static var end: [bpf_insn] {
        [instruction(Code.set, to: 0, 1), instruction(Code.exit)]
    }

    /// Passes over `skip` instructions unless the address and the port are those.
    private static func unless(_ address: IPAddress, _ port: UInt16, skip: Int) -> [bpf_insn] {
        [
            instruction(Code.ifNotEqual, to: 7, offset: Int16(skip + 1), word(address)),
            instruction(Code.ifNotEqual, to: 8, offset: Int16(skip), word(port)),
        ]
    }

    private static func instruction(
        _ code: UInt8,
        to: UInt8 = 0,
        from: UInt8 = 0,
        offset: Int16 = 0,
        _ number: Int32 = 0
    ) -> bpf_insn {
        bpf_insn(code: code, dst_reg: to, src_reg: from, off: offset, imm: number)
    }

    /// An address of IPv4 as it stands in the packet.
    private static func word(_ address: IPAddress) -> Int32 {
        Int32(bitPattern: UInt32(truncatingIfNeeded: address.bits).bigEndian)
    }

    /// A port as it stands in the packet.
    private static func word(_ port: UInt16) -> Int32 {
        Int32(port.bigEndian)
    }
}
