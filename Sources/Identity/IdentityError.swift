// SPDX-License-Identifier: Apache-2.0

/// Why a certificate, a key or a token cannot be used: a sentence that names the file and holds no secret.
public struct IdentityError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    /// The error that `description` tells.
    public init(_ description: String) {
        self.description = description
    }
}
