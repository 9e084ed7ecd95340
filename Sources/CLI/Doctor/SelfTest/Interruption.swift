// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Whether the user wants the self-test to end.
final class Interruption: Sendable {
    private let isSet = Atomic(false)

    /// Ends the self-test at its next step.
    func set() {
        isSet.store(true, ordering: .relaxed)
    }

    /// Throws ``SelfTestError/interrupted`` if it shall end.
    func check() throws {
        if isSet.load(ordering: .relaxed) { throw SelfTestError.interrupted }
    }
}
