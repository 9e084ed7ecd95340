// SPDX-License-Identifier: Apache-2.0

/// Why the cluster's API could not be used, as a sentence that an operator can act on; it never holds a secret.
public struct ClusterError: Error, Hashable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    /// The error that `description` tells.
    public init(_ description: String) {
        self.description = description
    }
}
