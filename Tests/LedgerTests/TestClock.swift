// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A clock that stands until it is told to go on, in seconds since 1970.
final class TestClock: Sendable {
    private let seconds: Mutex<Int64>

    init(_ seconds: Int64) {
        self.seconds = Mutex(seconds)
    }

    var now: Int64 {
        seconds.withLock { $0 }
    }

    func advance(by seconds: Int64) {
        self.seconds.withLock { $0 += seconds }
    }
}
