// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// How the meter is set up.
public struct MeterConfiguration: Hashable, Sendable {
    /// Path of the cgroup v2 directory whose sockets are metered, with all below it; see ``CgroupRoot``.
    public var cgroupRoot: String
    /// Flows that fit in the kernel's maps at one time, 1...16,777,216; each takes about 250 bytes of kernel memory.
    public var flowCapacity: UInt32
    /// Flows that may belong to one cgroup; beyond it, and when all is full, bytes go to the cgroup's overflow flow,
    /// which has no remote.
    ///
    /// `nil`: half of ``flowCapacity``.
    public var ownerQuota: UInt32?
    /// Drains without a new byte after which a flow gives its slot back, at least 1.
    public var idleDrains: UInt32
    /// Directory on a BPF file system in which maps and hooks are pinned.
    ///
    /// With it, counting goes on after this process has ended, and the next one goes on where it stopped. `nil`:
    /// the hooks end with the process.
    public var pinDirectory: String?
    /// How much of the kernel's own structures may be read.
    ///
    /// Where the kernel or the capabilities do not allow that much, the meter makes do with less; see
    /// ``Meter/detail``.
    public var detail: KernelDetail

    /// Addresses of services, at most 1024 blocks: what a pod exchanges with them is one flow for each connection, with
    /// its local end, so that it can be told which backend it was.
    public var services: [CIDR]

    /// The range of ``flowCapacity``.
    public static let capacityRange: ClosedRange<UInt32> = 1...16_777_216

    /// A configuration for `cgroupRoot`.
    public init(
        cgroupRoot: String,
        flowCapacity: UInt32 = 131_072,
        ownerQuota: UInt32? = nil,
        idleDrains: UInt32 = 12,
        pinDirectory: String? = nil,
        detail: KernelDetail = .packets,
        services: [CIDR] = []
    ) {
        self.cgroupRoot = cgroupRoot
        self.flowCapacity = flowCapacity
        self.ownerQuota = ownerQuota
        self.idleDrains = idleDrains
        self.pinDirectory = pinDirectory
        self.detail = detail
        self.services = services
    }
}
