// SPDX-License-Identifier: Apache-2.0
public import Queries

/// What ``Ledger/upkeep()`` did.
public enum UpkeepStep: Hashable, Sendable {
    /// Packed this many rows of the bucket of a tier that begins at `bucketStart` (seconds since 1970).
    case sealed(Resolution, bucketStart: Int64, rows: Int)
    /// Summed up the day that begins at this second.
    case rolledUp(day: Int64)
    /// Gave up what is older than this; it is deleted in the steps that follow.
    case pruned(TierHorizon)
    /// Deleted rows of the bucket of a tier that begins at `bucketStart`.
    case deleted(Resolution, bucketStart: Int64)
    /// Deleted losses that are older than the days.
    case deletedLosses
    /// Gave this many pages back to the file system.
    case freed(pages: Int)
}
