// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Foundation
import TestSupport
import Testing
import Traffic

@testable import Capture

/// The meter beside other programs on the same hooks: what the kernel does, and what is told of it.
@Suite(.serialized, .enabled(if: geteuid() == 0 && CgroupLab.mountPoint != nil, "needs root and cgroup v2"))
struct HookSharingTests {
    /// 6 bytes in a datagram.
    private static let datagramBytes: UInt64 = 6 + 28

    @Test func aProgramBelowThatOverridesDoesNotReplaceTheMeter() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let site = try Site()
        let meter = try Meter(MeterConfiguration(cgroupRoot: site.parent, flowCapacity: 64))
        let tenant = try Tenant(answer: 1, at: site.child.path, flags: UInt32(BPF_F_ALLOW_OVERRIDE))
        defer { withExtendedLifetime(tenant) {} }
        try site.sendDatagram()
        #expect(try site.sent(by: meter.take()) == Self.datagramBytes)
        #expect(try CgroupHook.egress.attachments(at: site.child.path).sharing == .override)
    }

    @Test(arguments: [true, false])
    func aPacketThatAnotherProgramDropsIsCounted(droppedFirst: Bool) async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let site = try Site()
        let early = droppedFirst ? try Tenant(answer: 0, at: site.parent, flags: UInt32(BPF_F_ALLOW_MULTI)) : nil
        let meter = try Meter(MeterConfiguration(cgroupRoot: site.parent, flowCapacity: 64))
        let late = droppedFirst ? nil : try Tenant(answer: 0, at: site.parent, flags: UInt32(BPF_F_ALLOW_MULTI))
        defer { withExtendedLifetime((early, late)) {} }
        // The drop is the sender's error.
        #expect(throws: LaunchError.self) { try site.sendDatagram() }
        #expect(try site.sent(by: meter.take()) == Self.datagramBytes)
        let attached = try CgroupHook.egress.attachments(at: site.parent)
        #expect(attached.sharing == .multi)
        #expect(
            attached.programs.map(\.name) == (droppedFirst ? ["tenant", "count_egress"] : ["count_egress", "tenant"])
        )
    }

    @Test(arguments: [(UInt32(0), HookAttachments.Sharing.exclusive), (UInt32(BPF_F_ALLOW_OVERRIDE), .override)])
    func aProgramThatStandsAloneKeepsTheMeterOut(flags: UInt32, sharing: HookAttachments.Sharing) async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let site = try Site()
        let tenant = try Tenant(answer: 1, at: site.parent, flags: flags)
        defer { withExtendedLifetime(tenant) {} }
        #expect(try CgroupHook.egress.attachments(at: site.parent).sharing == sharing)
        #expect(throws: CaptureError.self) {
            try Meter(MeterConfiguration(cgroupRoot: site.parent, flowCapacity: 64))
        }
    }

    @Test func everyFeatureThatTheProgramUsesIsFound() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        // The meter loads here, so what its probes ask for must be here.
        _ = try Site()
        for feature in KernelFeature.allCases { #expect(feature.probe() == true, "\(feature.rawValue)") }
        guard case .granted = KernelAccess.probe() else {
            Issue.record("\(KernelAccess.probe())")
            return
        }
    }
}

/// A cgroup with one below it, from which datagrams are sent.
private struct Site {
    let parent: String
    let child: CgroupLab.Group

    private let cgroups: CgroupLab

    init() throws {
        cgroups = try CgroupLab()
        parent = try #require(CgroupLab.mountPoint) + cgroups.cgroupPath
        child = try cgroups.group("child")
    }

    func sendDatagram() throws {
        try Shell.run(child.entering(["bash", "-c", "printf 'metal\n' > /dev/udp/127.0.0.1/9"]))
    }

    /// Bytes that the child's sockets sent.
    func sent(by drain: Drain) throws -> UInt64 {
        let id = try child.id()
        return drain.flows.filter { $0.cgroupID == id && $0.ipProtocol == .udp }
            .reduce(0) { $0 + $1.counters.egressBytes }
    }
}

/// Another program at the egress hook of a cgroup; detached at the end of its life.
private final class Tenant {
    private let program: CInt
    private let cgroup: CInt

    init(answer: Int32, at path: String, flags: UInt32) throws {
        // r0 = answer; exit
        let instructions = [
            bpf_insn(code: 0xb7, dst_reg: 0, src_reg: 0, off: 0, imm: answer),
            bpf_insn(code: 0x95, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
        ]
        program = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, "tenant", "GPL", instructions, instructions.count, nil)
        cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try #require(program >= 0 && cgroup >= 0)
        try #require(bpf_prog_attach(program, cgroup, BPF_CGROUP_INET_EGRESS, flags) == 0)
    }

    deinit {
        bpf_prog_detach2(program, cgroup, BPF_CGROUP_INET_EGRESS)
        close(program)
        close(cgroup)
    }
}
