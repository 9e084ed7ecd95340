// SPDX-License-Identifier: Apache-2.0

/// How long to wait after each failure in a row: doubling, bounded, and spread so that clients do not come in step.
struct Backoff: Hashable, Sendable {
    /// The longest wait after the first failure.
    let first: Duration
    /// The longest wait after any failure.
    let ceiling: Duration
    /// Failures since the last reset.
    private(set) var failures = 0

    init(first: Duration, ceiling: Duration) {
        self.first = first
        self.ceiling = ceiling
    }

    /// Counts a failure and says how long to wait now: from half to all of a limit that doubles with each failure.
    ///
    /// - Parameter chance: Where between the two, from 0 to 1; at random.
    mutating func next(chance: Double) -> Duration {
        // 2^16 times any sensible first wait is beyond any sensible ceiling.
        let limit = min(ceiling, first * (1 << min(failures, 16)))
        failures += 1
        return limit / 2 + limit / 2 * chance
    }

    /// Forgets the failures: there was progress.
    mutating func reset() {
        failures = 0
    }
}
