// SPDX-License-Identifier: Apache-2.0

/// Why connection tracking cannot be asked, as a sentence that says what to do.
public struct ConntrackError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    /// An error that reads `description`.
    init(_ description: String) {
        self.description = description
    }
}
