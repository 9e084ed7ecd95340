// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// The time by which the agent drains.
protocol SamplingClock: Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z; never less than before.
    func now() -> Int64
    /// Returns when ``now()`` has reached `time`; throws `CancellationError` if the task is cancelled first.
    func sleep(until time: Int64) async throws
}

/// The host's time, made steady.
final class HostClock: SamplingClock {
    private let time: Mutex<SteadyTime>

    /// A clock that agrees with the host's at this moment.
    init() {
        time = Mutex(SteadyTime(utc: Self.read(CLOCK_REALTIME), monotonic: Self.read(CLOCK_MONOTONIC)))
    }

    func now() -> Int64 {
        time.withLock { $0.advance(utc: Self.read(CLOCK_REALTIME), monotonic: Self.read(CLOCK_MONOTONIC)) }
    }

    /// Nanoseconds by which this is ahead of the host's clock.
    var lead: Int64 {
        time.withLock { $0.lead }
    }

    func sleep(until time: Int64) async throws {
        // Again, because the host's clock may be set while we sleep; a second at most, to follow it soon.
        while case let remaining = time - now(), remaining > 0 {
            try await Task.sleep(for: .nanoseconds(min(remaining, 1_000_000_000)))
        }
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var value = timespec()
        clock_gettime(clock, &value)
        return Int64(value.tv_sec) * 1_000_000_000 + Int64(value.tv_nsec)
    }
}
