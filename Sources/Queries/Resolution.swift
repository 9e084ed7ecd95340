// SPDX-License-Identifier: Apache-2.0

/// Width of the buckets that an answer was read from.
///
/// Each is a tier of the ledger, and all hold the same bytes, as long as they are kept: the wider, the longer.
public enum Resolution: String, Hashable, Sendable, CaseIterable {
    /// 60 seconds.
    case minute
    /// 3,600 seconds.
    case hour
    /// 86,400 seconds, from midnight UTC.
    case day

    /// Seconds in a bucket.
    public var seconds: Int64 {
        switch self {
        case .minute: 60
        case .hour: 3600
        case .day: 86_400
        }
    }
}
