// SPDX-License-Identifier: Apache-2.0

/// One processor for all that a network interface receives.
///
/// A sender that the scheduler moves from one processor to another leaves packets behind, and those it sends then
/// overtake them. TCP takes what was overtaken for lost and repeats it; what comes twice may meet a socket that is
/// closed already, and such packets have no cgroup: no meter of cgroups sees them, and the packet filter does.
enum PacketOrder {
    /// The arguments of a command that gives everything `interface` receives to the first processor.
    static func command(_ interface: String) -> [String] {
        ["sh", "-c", "for queue in /sys/class/net/\(interface)/queues/rx-*; do echo 1 >$queue/rps_cpus; done"]
    }
}
