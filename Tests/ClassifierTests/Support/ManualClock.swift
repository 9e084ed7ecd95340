// SPDX-License-Identifier: Apache-2.0
import Synchronization

@testable import Classifier

/// A clock that stands where the test put it.
final class ManualClock: Sendable {
    private let nanoseconds: Atomic<Int64>

    /// A clock that stands at `seconds` since 1970-01-01T00:00:00Z.
    init(seconds: Int64) {
        nanoseconds = Atomic(seconds * 1_000_000_000)
    }

    /// Moves the clock.
    func advance(seconds: Int64) {
        nanoseconds.add(seconds * 1_000_000_000, ordering: .relaxed)
    }

    /// What the classifier is given.
    var wall: WallClock {
        WallClock { self.nanoseconds.load(ordering: .relaxed) }
    }
}
