// SPDX-License-Identifier: Apache-2.0

/// When drains are due: at the UTC multiples of the interval, and at every full minute.
///
/// All agents of a cluster with the same interval drain at the same moments, and no batch spans a minute as long
/// as its agent gets to run. Times are nanoseconds since 1970-01-01T00:00:00Z.
struct TickSchedule: Hashable, Sendable {
    /// Nanoseconds in a minute.
    static let minute: Int64 = 60_000_000_000

    /// Nanoseconds from tick to tick, at least 1.
    let interval: Int64

    /// How late after a tick a drain still counts as its own, in nanoseconds.
    ///
    /// The drain of a full minute happens some milliseconds after it; its bytes belong before.
    let tolerance: Int64

    /// A schedule with a tick at every multiple of `interval`.
    init(interval: Duration) {
        let (seconds, attoseconds) = interval.components
        self.interval = max(1, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        tolerance = min(self.interval / 2, 1_000_000_000)
    }

    /// The first tick after `time`.
    func tick(after time: Int64) -> Int64 {
        min(Self.next(time, multipleOf: interval), Self.next(time, multipleOf: Self.minute))
    }

    /// Where an interval that began at `start` ends if it is drained at `now`: at the latest tick, unless that is
    /// before the start or too long ago.
    func end(from start: Int64, drainedAt now: Int64) -> Int64 {
        let tick = max(Self.last(now, multipleOf: interval), Self.last(now, multipleOf: Self.minute))
        return tick > start && now - tick <= tolerance ? tick : max(now, start + 1)
    }

    private static func last(_ time: Int64, multipleOf step: Int64) -> Int64 {
        let remainder = time % step
        return time - (remainder < 0 ? remainder + step : remainder)
    }

    private static func next(_ time: Int64, multipleOf step: Int64) -> Int64 {
        last(time, multipleOf: step) + step
    }
}
