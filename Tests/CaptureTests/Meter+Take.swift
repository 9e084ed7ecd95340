// SPDX-License-Identifier: Apache-2.0
import Traffic

@testable import Capture

extension Meter {
    /// Drains and commits: for tests in which nothing fails in between.
    func take() throws -> Drain {
        let drain = try drain()
        try commit()
        return drain
    }
}

extension Drain {
    /// All flows and losses of the drain as one sum.
    var sum: FlowCounters {
        var sum = FlowCounters.zero
        for counters in flows.map(\.counters) + losses.map(\.counters) { sum += counters }
        return sum
    }
}
