// SPDX-License-Identifier: Apache-2.0

/// The kernel's network emulator (`sch_netem`), which delays, reorders and repeats packets.
public enum NetworkEmulator {
    /// True if this kernel has it; many small ones do not.
    public static let isAvailable: Bool = {
        guard TestEnvironment.canMeter, TestEnvironment.has("tc") else { return false }
        let namespace = LabName.make() + "-netem"
        defer { WireLab.delete(namespace) }
        do {
            try Shell.run(["ip", "netns", "add", namespace])
            try Shell.run(["tc", "-n", namespace, "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"])
            return true
        } catch {
            return false
        }
    }()

    /// A command for ``WireCounters/configure(_:)`` that does `what`, in the words of tc-netem(8), to what leaves.
    public static func command(_ what: [String]) -> [String] {
        ["tc", "qdisc", "add", "dev", "%", "root", "netem"] + what
    }

    /// A command for ``WireCounters/configure(_:)`` that ends it; what is held back then is lost.
    public static let end = ["tc", "qdisc", "del", "dev", "%", "root"]
}
