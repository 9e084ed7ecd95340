// SPDX-License-Identifier: Apache-2.0
import Capture

/// Where the sampling loop gets its bytes from: the kernel, or a test.
protocol FlowSource {
    /// How far the counters are drained.
    var state: CounterState { get }
    /// What was counted since the last drain that was committed.
    ///
    /// If it throws, or if it is not committed, the next drain returns what this one would have.
    mutating func drain() throws -> Drain
    /// Makes the last drain final: its bytes are kept elsewhere.
    ///
    /// The drain is final even if it throws.
    mutating func commit() throws
    /// Stops counting; what was counted until then can still be drained.
    mutating func detach()
}

extension Meter: FlowSource {}
