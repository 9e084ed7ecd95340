// SPDX-License-Identifier: Apache-2.0

/// Width of the buckets that an answer was read from.
///
/// Each is a table of the ledger, and all hold the same bytes.
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

    /// The widest resolution whose buckets tile a range exactly.
    ///
    /// - Parameters:
    ///   - start: First second of the range, since 1970-01-01T00:00:00Z; a multiple of 60.
    ///   - end: First second after it; a multiple of 60.
    ///   - step: Width of the answer's buckets in seconds, or `nil` for one bucket.
    public static func widest(start: Int64, end: Int64, step: Int64?) -> Resolution {
        for resolution in [Resolution.day, .hour] {
            let width = resolution.seconds
            if start % width == 0, end % width == 0, (step ?? 0) % width == 0 { return resolution }
        }
        return .minute
    }
}
