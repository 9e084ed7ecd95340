// SPDX-License-Identifier: Apache-2.0
import Capture
import Foundation
import Glibc

/// What the kernel offers.
struct KernelCheck: Check {
    /// As `uname -r` says.
    var release: String
    var access: KernelAccess
    /// What each feature's probe said; `nil` if it did not let itself be asked.
    var features: [KernelFeature: Bool?]
    /// Most bytes of locked memory, `nil` if there is no limit.
    var lockedMemory: UInt64?
    /// Whether the kernel times every program; `nil` if it does not say.
    var timesPrograms: Bool?

    static func read() -> KernelCheck {
        var names = utsname()
        uname(&names)
        let release = withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let access = KernelAccess.probe()
        var features: [KernelFeature: Bool?] = [:]
        if case .granted = access {
            for feature in KernelFeature.allCases { features[feature] = .some(feature.probe()) }
        }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)
        // The file is not there in every container.
        let statistics = try? String(contentsOfFile: "/proc/sys/kernel/bpf_stats_enabled", encoding: .utf8)
        return KernelCheck(
            release: release,
            access: access,
            features: features,
            lockedMemory: limit.rlim_cur == .max ? nil : UInt64(limit.rlim_cur),
            timesPrograms: statistics.map { $0.hasPrefix("1") }
        )
    }

    var findings: [Finding] {
        switch access {
        case .absent:
            return [
                .fail(
                    "kernel",
                    "\(release) has no BPF system call",
                    next: "Run a kernel with CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF. In a container, see that its "
                        + "seccomp profile allows bpf(2)."
                ),
                .notChecked("kernel features", "there is no BPF system call to ask"),
            ]
        case .refused(let reason):
            return [
                .fail(
                    "kernel",
                    "\(release) refuses BPF to this process: \(reason)",
                    next:
                        "Run as root, or with CAP_BPF and CAP_NET_ADMIN. In a container, see that its seccomp profile "
                        + "allows bpf(2)."
                ),
                .notChecked("kernel features", "without the right to use BPF everything seems to be missing"),
            ]
        case .granted(let isCompiled, let chargesCgroups):
            return [
                .ok("kernel", "\(release), takes BPF maps and programs"), featureFinding,
                Self.compilerFinding(isCompiled), memoryFinding(chargesCgroups: chargesCgroups), statisticsFinding,
            ]
        }
    }

    private var featureFinding: Finding {
        let missing = KernelFeature.allCases.filter { features[$0] == .some(false) }
        let unknown = KernelFeature.allCases.filter { (features[$0] ?? nil) == nil }
        if !missing.isEmpty {
            return .fail(
                "kernel features",
                "missing: \(missing.map(\.rawValue).joined(separator: ", "))",
                next: "Run a newer kernel; README.md names the oldest that passes the tests."
            )
        }
        if !unknown.isEmpty {
            return .notChecked(
                "kernel features",
                "the kernel does not say whether it has \(unknown.map(\.rawValue).joined(separator: ", "))"
            )
        }
        return .ok("kernel features", "all \(KernelFeature.allCases.count) that the meter uses, each tried")
    }

    private static func compilerFinding(_ isCompiled: Bool?) -> Finding {
        switch isCompiled {
        case nil: .notChecked("JIT compiler", "the kernel does not say how it runs a program")
        case true?: .ok("JIT compiler", "programs run as machine code")
        case false?:
            .warn(
                "JIT compiler",
                "programs are interpreted, which costs several times as much per packet",
                next: "sysctl net.core.bpf_jit_enable=1"
            )
        }
    }

    private func memoryFinding(chargesCgroups: Bool) -> Finding {
        if chargesCgroups {
            return .ok("map memory", "charged to the agent's cgroup: a memory limit there must leave room for the maps")
        }
        guard let lockedMemory else { return .ok("map memory", "locked memory, without a limit") }
        return .warn(
            "map memory",
            "counts as locked memory on this kernel, of which this process may have \(lockedMemory) bytes",
            next:
                "Give the agent CAP_SYS_RESOURCE, or no limit (systemd: LimitMEMLOCK=infinity, "
                + "shell: ulimit -l unlimited)."
        )
    }

    private var statisticsFinding: Finding {
        switch timesPrograms {
        case nil: .notChecked("BPF statistics", "/proc/sys/kernel/bpf_stats_enabled cannot be read")
        case false?: .ok("BPF statistics", "off")
        case true?:
            .warn(
                "BPF statistics",
                "on: the kernel times every run of every program, some 50 ns each",
                next: "sysctl kernel.bpf_stats_enabled=0, unless somebody is measuring"
            )
        }
    }
}
