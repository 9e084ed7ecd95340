// SPDX-License-Identifier: Apache-2.0

/// Why a command could not do what it was asked to: what happened, and what to do.
struct CommandFailure: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
