// SPDX-License-Identifier: Apache-2.0

/// What one owner exchanged with one remote service during a batch's interval.
///
/// The ephemeral port is not part of a flow: all connections of an owner to the same remote address and
/// service port, started by the same side, are one flow.
public struct Flow: Hashable, Sendable {
    /// Index of the owner in ``FlowBatch/owners``.
    public var owner: Int
    /// The peer's address.
    public var remote: IPAddress
    /// Port of the side that accepted, 0...65535; the lower of the two ports if that side is unknown, and 0
    /// where the protocol has no ports or a fragment does not carry them.
    public var servicePort: UInt16
    /// The transport protocol.
    public var ipProtocol: IPProtocol
    /// The side that started the flow.
    public var initiator: Initiator
    /// True if the packets went over the loopback interface and never left the host.
    public var viaLoopback: Bool
    /// What became of the address on the node, if it was a service's.
    public var service: ServiceResolution
    /// Bytes and packets during the interval (a delta, not a running total).
    public var counters: FlowCounters

    /// A flow with the given key and counters.
    public init(
        owner: Int,
        remote: IPAddress,
        servicePort: UInt16,
        ipProtocol: IPProtocol,
        initiator: Initiator,
        viaLoopback: Bool = false,
        service: ServiceResolution = .none,
        counters: FlowCounters
    ) {
        self.owner = owner
        self.remote = remote
        self.servicePort = servicePort
        self.ipProtocol = ipProtocol
        self.initiator = initiator
        self.viaLoopback = viaLoopback
        self.service = service
        self.counters = counters
    }
}
