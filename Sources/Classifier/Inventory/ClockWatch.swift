// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Traffic

/// Notices when the time of day jumps: which pod had an address when is told by it.
final class ClockWatch: Sendable {
    /// The jumps since the program started.
    struct Jumps: Hashable, Sendable {
        /// How many there were.
        var count: UInt64 = 0
        /// How far the last one went, in seconds; negative if backward.
        var lastSeconds: Int64 = 0
        /// When the last one was noticed, in seconds since 1970-01-01T00:00:00Z by the clock that jumped.
        var lastAt: Int64 = 0
        /// The times that were passed over, or told twice, by the latest jumps.
        fileprivate var spans: [Interval] = []

        /// True if a jump passed over a part of `interval`, or told it twice.
        func touch(_ interval: Interval) -> Bool {
            spans.contains { $0.start < interval.end && interval.start < $0.end }
        }
    }

    /// Jumps that are remembered.
    private static let mostSpans = 16

    /// Jumps that are smaller are the ordinary steering of a clock; in nanoseconds.
    static let tolerance: Int64 = 2 * 1_000_000_000

    private let clock: WallClock
    private let steady: @Sendable () -> Int64
    private let state: Mutex<(offset: Int64, jumps: Jumps)>

    /// Watches `clock` against `steady`, which counts nanoseconds and does not jump.
    init(_ clock: WallClock, steady: @escaping @Sendable () -> Int64 = LiveInventory.steadyNow) {
        self.clock = clock
        self.steady = steady
        state = Mutex((clock.now() - steady(), Jumps()))
    }

    /// The jumps so far.
    var jumps: Jumps {
        state.withLock { $0.jumps }
    }

    /// Compares the clocks; true if one jumped since the last look.
    func look() -> Bool {
        let now = clock.now()
        let offset = now - steady()
        return state.withLock { state in
            let jump = offset - state.offset
            state.offset = offset
            guard abs(jump) > Self.tolerance else { return false }
            state.jumps.count += 1
            state.jumps.lastSeconds = jump / 1_000_000_000
            state.jumps.lastAt = now / 1_000_000_000
            state.jumps.spans.append(Interval(start: min(now, now - jump), end: max(now, now - jump)))
            if state.jumps.spans.count > Self.mostSpans { state.jumps.spans.removeFirst() }
            return true
        }
    }
}
