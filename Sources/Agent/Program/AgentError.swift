// SPDX-License-Identifier: Apache-2.0

/// Why the agent cannot run, as a sentence that says what to do.
struct AgentError: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    /// An error that reads `description`.
    init(_ description: String) {
        self.description = description
    }
}
