// SPDX-License-Identifier: Apache-2.0
import Synchronization

@testable import Agent

/// Time that only passes when somebody sleeps, and that ends: then every sleeper is cancelled.
final class FakeClock: SamplingClock {
    private let time: Mutex<Int64>
    private let end: Int64
    private let lateness: @Sendable (Int64) -> Int64

    /// A clock that runs from `start` to `end`; `lateness` is how long after the wanted time a sleeper wakes.
    init(from start: Int64, to end: Int64, lateness: @escaping @Sendable (Int64) -> Int64 = { _ in 0 }) {
        time = Mutex(start)
        self.end = end
        self.lateness = lateness
    }

    func now() -> Int64 {
        time.withLock { $0 }
    }

    func sleep(until wanted: Int64) async throws {
        let isOver = time.withLock { now in
            let target = wanted + lateness(wanted)
            now = max(now, min(target, end))
            return target > end
        }
        if isOver { throw CancellationError() }
    }
}
