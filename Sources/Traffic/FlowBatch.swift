// SPDX-License-Identifier: Apache-2.0

/// What one node's sockets exchanged during one interval.
public struct FlowBatch: Hashable, Sendable {
    /// Who sends it.
    public var source: BatchSource
    /// Position in the source's sequence; the first batch is 1.
    public var sequence: UInt64
    /// When the bytes were counted.
    ///
    /// It does not span a UTC minute, unless the agent was held up.
    public var interval: Interval
    /// The node's region, or empty if the agent was not told.
    public var region: String
    /// The node's zone, or empty if the agent was not told.
    public var zone: String
    /// The owners that ``flows`` index.
    public var owners: [Owner]
    /// Deltas of the interval.
    public var flows: [Flow]
    /// Bytes of the interval that have no flow, by reason.
    public var losses: [Loss]
    /// How full the kernel's maps are, as gauges.
    public var maps: [MapUse]
    /// Sum over this batch and all earlier ones of its source; `nil` if the sender does not know.
    ///
    /// It shows how many bytes the batches had that did not come.
    public var running: FlowCounters?

    /// A batch with the given content.
    public init(
        source: BatchSource,
        sequence: UInt64,
        interval: Interval,
        region: String = "",
        zone: String = "",
        owners: [Owner] = [],
        flows: [Flow] = [],
        losses: [Loss] = [],
        maps: [MapUse] = [],
        running: FlowCounters? = nil
    ) {
        self.source = source
        self.sequence = sequence
        self.interval = interval
        self.region = region
        self.zone = zone
        self.owners = owners
        self.flows = flows
        self.losses = losses
        self.maps = maps
        self.running = running
    }
}
