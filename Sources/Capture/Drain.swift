// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// What the kernel counted since the last drain.
public struct Drain: Sendable {
    /// Flows with new bytes; a key comes twice where its slot has just been replaced.
    public var flows: [KernelFlow]
    /// Bytes that are in no flow, by reason; only reasons with new packets.
    public var losses: [Loss]
    /// How full the kernel's maps are.
    public var maps: [MapUse]

    /// A drain with the given content.
    public init(flows: [KernelFlow] = [], losses: [Loss] = [], maps: [MapUse] = []) {
        self.flows = flows
        self.losses = losses
        self.maps = maps
    }
}
