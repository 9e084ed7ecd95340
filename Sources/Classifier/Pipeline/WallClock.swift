// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// The time of day; a parameter, so that tests choose it.
struct WallClock: Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    var now: @Sendable () -> Int64

    /// Seconds since 1970-01-01T00:00:00Z, rounded down.
    var seconds: Int64 {
        now() / 1_000_000_000
    }

    /// The system's clock, to the microsecond.
    static let system = WallClock { Int64(Date.now.timeIntervalSince1970 * 1e6) * 1000 }
}
