// SPDX-License-Identifier: Apache-2.0

/// UTC that never steps back.
///
/// When the host's clock is set forward, this follows at once: an interval gets longer. When it is set back, this
/// runs at half speed until both agree, so that intervals stay in order and bytes do not land in the past.
struct SteadyTime: Hashable, Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z at the latest reading.
    private(set) var now: Int64
    /// Nanoseconds by which ``now`` is ahead of the host's clock, because that was set back.
    private(set) var lead: Int64 = 0

    private var monotonic: Int64

    /// Starts from a reading of the host's two clocks, in nanoseconds.
    init(utc: Int64, monotonic: Int64) {
        now = utc
        self.monotonic = monotonic
    }

    /// Takes a reading of the host's two clocks; returns ``now``.
    mutating func advance(utc: Int64, monotonic reading: Int64) -> Int64 {
        let elapsed = max(0, reading - monotonic)
        monotonic = max(monotonic, reading)
        now = max(utc, now + (elapsed + 1) / 2)
        lead = now - utc
        return now
    }
}
