// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// What one cgroup's sockets exchanged with one remote service since the last drain.
public struct KernelFlow: Hashable, Sendable {
    /// Id of the sockets' cgroup v2 directory: its inode number.
    public var cgroupID: UInt64
    /// The peer's address.
    public var remote: IPAddress
    /// Port of the side that accepted; see `Traffic.Flow.servicePort`.
    public var servicePort: UInt16
    /// The transport protocol.
    public var ipProtocol: IPProtocol
    /// The side that started the flow.
    public var initiator: Initiator
    /// True if the packets went over the loopback interface.
    public var viaLoopback: Bool
    /// The cgroup's own end of the one connection that this is, where the remote is a service's address; `nil` for all
    /// other flows.
    public var local: SocketEnd?
    /// What became of a service's address; `none` until somebody has looked.
    public var service: ServiceResolution
    /// Bytes and packets since the last drain; never all zero.
    public var counters: FlowCounters

    /// A flow with the given key and counters.
    public init(
        cgroupID: UInt64,
        remote: IPAddress,
        servicePort: UInt16,
        ipProtocol: IPProtocol,
        initiator: Initiator,
        viaLoopback: Bool = false,
        local: SocketEnd? = nil,
        service: ServiceResolution = .none,
        counters: FlowCounters
    ) {
        self.cgroupID = cgroupID
        self.remote = remote
        self.servicePort = servicePort
        self.ipProtocol = ipProtocol
        self.initiator = initiator
        self.viaLoopback = viaLoopback
        self.local = local
        self.service = service
        self.counters = counters
    }
}
