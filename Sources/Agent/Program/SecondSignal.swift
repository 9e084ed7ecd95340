// SPDX-License-Identifier: Apache-2.0
import ServiceLifecycle
import UnixSignals

/// Waits for somebody to insist: a second SIGTERM or SIGINT.
struct SecondSignal: Sendable {
    private let signals: UnixSignalsSequence

    /// Counts from now on.
    init() async {
        signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    }

    /// Returns at the second signal, or when the task is cancelled.
    func wait() async {
        var count = 0
        for await _ in signals {
            count += 1
            if count == 2 { return }
        }
    }
}
