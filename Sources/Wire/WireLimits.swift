// SPDX-License-Identifier: Apache-2.0

/// How large a message's parts may be.
///
/// The defaults are the limits of `flow_batch.proto`; a reader may lower them and must not raise them.
public struct WireLimits: Hashable, Sendable {
    /// The version of the schema that this program reads and writes.
    public static let schemaVersion: UInt32 = 1

    /// Every number that is summed lies below this: 2^56.
    public static let numberBound: UInt64 = 1 << 56

    /// The version of a delivery that this program reads and writes.
    public static let deliveryVersion: UInt32 = 1

    /// Every sum over the life of a source lies below this: 2^62.
    public static let runningBound: UInt64 = 1 << 62

    /// First nanosecond that an interval may contain: 2000-01-01T00:00:00Z.
    public static let earliest: Int64 = 946_684_800_000_000_000

    /// Last nanosecond at which an interval may end: 2200-01-01T00:00:00Z.
    public static let latest: Int64 = 7_258_118_400_000_000_000

    /// Flows in a batch.
    public var records = 1_000_000
    /// Entries of the owners table.
    public var owners = 100_000
    /// Reasons of loss.
    public var losses = 64
    /// Batches in a delivery.
    public var batches = 1024
    /// Kernel maps.
    public var maps = 64
    /// Bytes of UTF-8 in the name of a cluster, node or map.
    public var labelBytes = 253
    /// Bytes of UTF-8 in the name of a region or zone, or one of an owner's names.
    public var nameBytes = 1024
    /// Bytes of UTF-8 in an owner's cgroup path.
    public var pathBytes = 4096
    /// Bytes of a loss's reason.
    public var reasonBytes = 64

    /// The limits of `flow_batch.proto`.
    public static let `default` = WireLimits()

    /// The limits of `flow_batch.proto`.
    public init() {}
}
