// SPDX-License-Identifier: Apache-2.0
import Capture
import Traffic

/// How the batches of a process are numbered: under which boot id, and after which sequence.
///
/// The ledger takes a sequence that it has seen under the same boot id for a duplicate. So whoever does not know for
/// certain which sequences were used takes a new boot id, and starts at 1.
struct SourceSequence: Hashable, Sendable {
    /// The boot id.
    var bootID: UInt128
    /// The last sequence that was used; 0 if none was.
    var last: UInt64
    /// Sum over all batches up to that one.
    var running: FlowCounters

    /// A numbering under `bootID` that goes on after `last`, whose batches add up to `running`.
    init(bootID: UInt128, last: UInt64, running: FlowCounters) {
        self.bootID = bootID
        self.last = last
        self.running = running
    }

    /// A numbering for counters of which nothing else is known.
    ///
    /// Counters that were never drained give it their own identity; others have been numbered by somebody before.
    init(of counters: CounterState) {
        let isNew = counters.committed == 0 && counters.pending == nil
        self.init(bootID: isNew ? counters.bootID : .random(in: 1 ... .max), last: 0, running: .zero)
    }
}
