// SPDX-License-Identifier: Apache-2.0

/// Why the meter could not be started or read, as a sentence that says what to do.
public struct CaptureError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Hashable, Sendable {
        /// The host has no cgroup v2 mount.
        case noCgroup2
        /// The kernel refused for lack of privilege.
        case notPermitted
        /// The kernel refused the program or a map.
        case refused
    }

    /// What kind of failure it is.
    public let code: Code
    /// What failed, and what the operator can do.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
