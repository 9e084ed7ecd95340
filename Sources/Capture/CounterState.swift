// SPDX-License-Identifier: Apache-2.0

/// How far one set of the kernel's counters is drained.
public struct CounterState: Hashable, Sendable {
    /// Identity of the counters: random, and as old as they are.
    public var bootID: UInt128
    /// Number of the last committed drain; the first drain is 1.
    public var committed: UInt64
    /// Number of the drain that was read and not committed, if there is one.
    public var pending: UInt64?

    /// A state with the given content.
    public init(bootID: UInt128, committed: UInt64, pending: UInt64?) {
        self.bootID = bootID
        self.committed = committed
        self.pending = pending
    }
}
