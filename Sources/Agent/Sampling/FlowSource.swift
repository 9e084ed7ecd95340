// SPDX-License-Identifier: Apache-2.0
import Capture

/// Where the sampling loop gets its bytes from: the kernel, or a test.
protocol FlowSource {
    /// What was counted since the last drain.
    ///
    /// If it throws, the next drain returns what this one would have.
    mutating func drain() throws -> Drain
    /// Stops counting; what was counted until then can still be drained.
    mutating func detach()
}

extension Meter: FlowSource {}
