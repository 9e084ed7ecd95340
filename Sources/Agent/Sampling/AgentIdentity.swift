// SPDX-License-Identifier: Apache-2.0
import Traffic
import Wire

/// What every batch of this process says about its sender.
struct AgentIdentity: Hashable, Sendable {
    /// Cluster, node, and the boot id under which batches are numbered.
    var source: BatchSource
    /// The node's region, or empty.
    var region: String
    /// The node's zone, or empty.
    var zone: String

    /// The identity of a process with these settings, whose batches are numbered under `bootID`.
    init(_ settings: AgentSettings, bootID: UInt128) {
        source = BatchSource(cluster: settings.cluster, node: settings.node, bootID: bootID)
        region = settings.region ?? ""
        zone = settings.zone ?? ""
    }

    /// Finds out now, and not with the first batch, that a name is not fit for the wire.
    ///
    /// - Throws: `WireError`, which names it.
    func check() throws {
        var batch = FlowBatch(
            source: source,
            sequence: 1,
            interval: Interval(start: WireLimits.earliest, end: WireLimits.latest)
        )
        batch.region = region
        batch.zone = zone
        _ = try batch.encoded()
    }
}
