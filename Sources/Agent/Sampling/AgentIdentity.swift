// SPDX-License-Identifier: Apache-2.0
import Traffic
import Wire

/// What every batch of this process says about its sender.
struct AgentIdentity: Hashable, Sendable {
    /// Cluster, node, and this process's boot id.
    var source: BatchSource
    /// The node's region, or empty.
    var region: String
    /// The node's zone, or empty.
    var zone: String

    /// The identity of a process with these settings.
    ///
    /// The boot id is random, because the kernel's counters start at zero with each process.
    init(_ settings: AgentSettings, bootID: UInt128 = .random(in: .min ... .max)) {
        source = BatchSource(cluster: settings.cluster, node: settings.node, bootID: bootID)
        region = settings.region ?? ""
        zone = settings.zone ?? ""
    }
}
