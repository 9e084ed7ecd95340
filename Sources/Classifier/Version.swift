// SPDX-License-Identifier: Apache-2.0

/// The release that this program is of.
enum Version {
    /// Semantic version.
    static let current = "0.1.0"
}
