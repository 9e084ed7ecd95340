// SPDX-License-Identifier: Apache-2.0

/// From when on a ledger has all buckets of each tier; what is older was pruned.
public struct TierHorizon: Hashable, Sendable {
    /// First second that minutes are kept of, since 1970-01-01T00:00:00Z; a whole hour.
    public var minute: Int64
    /// First second that hours are kept of; a whole day.
    public var hour: Int64
    /// First second that days are kept of; a whole day.
    public var day: Int64

    /// Tiers from which nothing was pruned.
    public static let everything = TierHorizon(minute: 0, hour: 0, day: 0)

    /// Tiers that are kept from these seconds on.
    public init(minute: Int64, hour: Int64, day: Int64) {
        self.minute = minute
        self.hour = hour
        self.day = day
    }

    /// The first second that `resolution` is kept of.
    public subscript(resolution: Resolution) -> Int64 {
        get {
            switch resolution {
            case .minute: minute
            case .hour: hour
            case .day: day
            }
        }
        set {
            switch resolution {
            case .minute: minute = newValue
            case .hour: hour = newValue
            case .day: day = newValue
            }
        }
    }

    /// The finest tier that has the bucket which holds `second`.
    public func finest(at second: Int64) -> Resolution {
        if second >= minute { return .minute }
        return second >= hour ? .hour : .day
    }
}
