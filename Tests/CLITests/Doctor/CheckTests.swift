// SPDX-License-Identifier: Apache-2.0
import Capture
import Testing

@testable import CLI

/// Each check's judgement on made-up readings.
struct CheckTests {
    private func kernel(
        _ access: KernelAccess = .granted(isCompiled: true, chargesCgroups: true),
        _ answers: [KernelFeature: Bool?] = [:],
        lockedMemory: UInt64? = nil,
        timesPrograms: Bool? = false
    ) -> KernelCheck {
        var all: [KernelFeature: Bool?] = [:]
        for feature in KernelFeature.allCases { all[feature] = .some(true) }
        all.merge(answers) { $1 }
        return KernelCheck(
            release: "6.1.0",
            access: access,
            features: all,
            lockedMemory: lockedMemory,
            timesPrograms: timesPrograms
        )
    }

    @Test func aGoodKernelIsOk() {
        #expect(kernel().findings.map(\.mark) == [.ok, .ok, .ok, .ok, .ok])
    }

    @Test func aKernelWithoutBPFIsNotAskedFurther() {
        for access in [KernelAccess.absent, .refused(reason: "Operation not permitted")] {
            let findings = kernel(access).findings
            #expect(findings.map(\.mark) == [.fail, .notChecked])
            #expect(findings[0].next != nil)
        }
    }

    @Test func aMissingFeatureIsNamedAndOneThatIsNotToldIsNotOk() {
        let missing = kernel(features: .listeners, false).findings[1]
        #expect(missing.mark == .fail)
        #expect(missing.found == "missing: bpf_sk_lookup_tcp in cgroup_skb")
        let unknown = kernel(features: .listeners, nil).findings[1]
        #expect(unknown.mark == .notChecked)
        #expect(unknown.found.contains("bpf_sk_lookup_tcp"))
    }

    private func kernel(features feature: KernelFeature, _ answer: Bool?) -> KernelCheck {
        kernel(.granted(isCompiled: true, chargesCgroups: true), [feature: answer])
    }

    @Test func whatCostsTimeOrMemoryIsWarnedOf() {
        #expect(kernel(.granted(isCompiled: false, chargesCgroups: true)).findings[2].mark == .warn)
        #expect(kernel(.granted(isCompiled: nil, chargesCgroups: true)).findings[2].mark == .notChecked)
        #expect(kernel(.granted(isCompiled: true, chargesCgroups: false)).findings[3].mark == .ok)
        let limited = kernel(.granted(isCompiled: true, chargesCgroups: false), lockedMemory: 65_536).findings[3]
        #expect(limited.mark == .warn)
        #expect(limited.found.contains("65536 bytes"))
        #expect(kernel(timesPrograms: true).findings[4].mark == .warn)
        #expect(kernel(timesPrograms: nil).findings[4].mark == .notChecked)
    }

    @Test func capabilitiesThatAreMissingAreNamed() throws {
        func finding(_ mask: String) throws -> Finding {
            try #require(CapabilityCheck(capabilities: Capabilities(status: "CapEff:\t\(mask)")).findings.first)
        }
        #expect(try finding("000000c000001000").mark == .ok)
        let without = try finding("0000008000001000")
        #expect(without.mark == .warn)
        #expect(without.found.hasSuffix("CAP_PERFMON is not"))
        let fail = try finding("0000004000001000")
        #expect(fail.mark == .fail)
        #expect(fail.found == "CAP_BPF is missing")
        #expect(try finding("0000000000000000").found == "CAP_BPF and CAP_NET_ADMIN are missing")
        #expect(CapabilityCheck(capabilities: nil).findings.map(\.mark) == [.notChecked])
    }

    @Test func aPartOfTheHierarchyIsNotTheWhole() {
        #expect(CgroupCheck(root: nil, obstacle: "none").findings.map(\.mark) == [.fail])
        #expect(CgroupCheck(root: "/c").findings.map(\.mark) == [.ok])
        #expect(CgroupCheck(root: "/c").findings[0].found.contains("unified"))
        #expect(CgroupCheck(root: "/c", isHybrid: true).findings[0].found.contains("hybrid"))
        #expect(CgroupCheck(root: "/c", isWholeHierarchy: false).findings.map(\.mark) == [.warn])
    }

    private func place(
        _ cgroup: String,
        _ hook: CgroupHook = .egress,
        _ names: [String?],
        _ sharing: HookAttachments.Sharing = .multi
    ) -> HookCheck.Place {
        HookCheck.Place(
            cgroup: cgroup,
            hook: hook,
            attachments: HookAttachments(
                sharing: sharing,
                programs: names.enumerated()
                    .map { HookAttachments.Program(id: UInt32($0.offset + 1), name: $0.element) }
            )
        )
    }

    @Test func neighboursAtTheRootAreToldInOrder() {
        let alone = HookCheck(places: [place("/", .egress, ["count_egress"])], cgroups: 9)
        #expect(alone.findings.map(\.mark) == [.ok, .ok])
        let shared = HookCheck(places: [place("/", .egress, ["tenant", "count_egress"])], cgroups: 9).findings
        #expect(shared.map(\.mark) == [.warn, .ok])
        #expect(shared[0].found == "tenant (id 1), count_egress (id 2), in this order; all of them run")
        #expect(shared[0].next?.contains("tenant (id 1) drops") == true)
        let two = HookCheck(places: [place("/", .egress, ["count_egress", "count_egress"])]).findings
        #expect(two[0].mark == .warn)
        #expect(two[0].found.hasSuffix("two meters count here"))
        #expect(HookCheck(places: [place("/", .egress, [nil])]).findings[0].mark == .notChecked)
    }

    @Test(arguments: [HookAttachments.Sharing.override, .exclusive])
    func aProgramThatStandsAloneAtTheRootFails(sharing: HookAttachments.Sharing) {
        let findings = HookCheck(places: [place("/", .ingress, ["tenant"], sharing)], cgroups: 1).findings
        #expect(findings.map(\.mark) == [.fail, .ok])
        #expect(findings[0].subject == "ingress at the root")
    }

    @Test func programsBelowAreNoFault() {
        let many = (1...5).map { place("/a\($0)", .egress, ["sd_fw_egress"], .override) }
        let findings = HookCheck(places: many, cgroups: 6).findings
        #expect(findings.map(\.mark) == [.ok, .ok])
        #expect(findings[1].found.hasPrefix("/a1 egress: sd_fw_egress (id 1); /a2 egress"))
        #expect(findings[1].found.contains("and 2 more"))
        #expect(HookCheck(obstacle: "no").findings.map(\.mark) == [.notChecked])
    }

    private func pins(_ directories: [String], foreign: [String] = [], boot: UInt128?, users: [PinCheck.User] = [])
        -> PinCheck
    {
        PinCheck(
            directory: "/p",
            isOnBPFFileSystem: true,
            counters: PinnedCounters(
                directories: directories,
                foreign: foreign,
                bootID: boot,
                committed: 7,
                capacity: 100,
                mapID: 3
            ),
            users: users
        )
    }

    @Test func pinsAreToldByTheirUser() {
        #expect(PinCheck(directory: "/p", isOnBPFFileSystem: false).findings.map(\.mark) == [.warn, .notChecked])
        #expect(PinCheck(directory: "/p", isOnBPFFileSystem: true).findings.map(\.mark) == [.ok, .ok])
        let used = pins(["v1-1"], boot: 0xab << 120, users: [.init(processID: 5, name: "netledger-agent")]).findings[1]
        #expect(used.mark == .ok)
        #expect(
            used.found
                == "boot ab000000, last committed drain 7, room for 100 flows; in use by netledger-agent (5)"
        )
        #expect(pins(["v1-1"], boot: 1).findings[1].mark == .warn)
        #expect(pins(["v1-1"], boot: 1).findings[1].found.contains("boot 00000000"))
        #expect(pins(["v1-1"], boot: nil).findings[1].next?.contains("starts over") == true)
        #expect(pins(["v0-1"], foreign: ["v0-1"], boot: nil).findings[1].next?.contains("detach") == true)
        var unreadable = pins(["v1-1"], boot: nil)
        unreadable.obstacle = "the pin cannot be read"
        #expect(unreadable.findings[1] == .notChecked("pins", "the pin cannot be read"))
    }

    @Test func aClockThatWasNeverSetFails() {
        #expect(ClockCheck(now: 1_790_000_000, uptime: 3_660).findings[0].mark == .ok)
        #expect(
            ClockCheck(now: 1_790_000_000, uptime: 3_660).findings[0].found
                .hasSuffix("1 h 1 min after the kernel started")
        )
        #expect(ClockCheck(now: 86_400, uptime: 10).findings[0].mark == .fail)
        #expect(ClockCheck(now: 5_000_000_000, uptime: 10).findings[0].mark == .fail)
    }
}
