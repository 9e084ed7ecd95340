// SPDX-License-Identifier: Apache-2.0
import Capture
import Glibc
import Instruments
import TestSupport

/// One end of the link with one variant: a cgroup of its own, so that its programs count this end's packets only.
final class Side {
    /// Where this end's process runs.
    let group: CgroupLab.Group

    private let meter: Meter?
    private let cgroup: Int32
    private var descriptors: [Int32] = []
    private var programs: [Hook: [UInt32]] = [:]

    /// A new cgroup of `lab`, with what `variant` says attached.
    init(_ variant: Variant, _ name: String, in lab: CgroupLab) throws {
        group = try lab.group("\(variant.rawValue)-\(name)")
        cgroup = open(group.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard cgroup >= 0 else { throw BenchmarkError(system: "the cgroup \(group.path) cannot be opened") }
        meter = variant == .metered ? try Meter(MeterConfiguration(cgroupRoot: group.path)) : nil
        if variant == .empty {
            for hook in [Hook.egress, .ingress] {
                let program = try hook.emptyProgram()
                descriptors.append(program)
                descriptors.append(try hook.attach(program, to: cgroup))
            }
        }
        for hook in Hook.allCases { programs[hook] = try hook.programs(of: cgroup) }
    }

    deinit {
        for descriptor in descriptors + [cgroup] { close(descriptor) }
    }

    /// What the side's own programs on `hook` have cost so far.
    func cost(_ hook: Hook) throws -> RunCost {
        try RunCost.total(of: programs[hook] ?? [])
    }

    /// Programs of others, attached further up, that run for this side's packets too.
    func strangers() throws -> Int {
        try Hook.egress.programs(of: cgroup, inherited: true).count - (programs[.egress] ?? []).count
    }

    /// Lets the meter forget flows that are over.
    func settle() throws {
        _ = try meter?.drain()
        try meter?.commit()
    }
}
