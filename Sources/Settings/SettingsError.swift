// SPDX-License-Identifier: Apache-2.0

/// A setting that cannot be used: where it was written, and what is wrong with it.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where a setting was written.
    public enum Origin: Hashable, Sendable, CustomStringConvertible {
        /// A command line flag, with its dashes.
        case flag(String)
        /// An environment variable.
        case environment(String)
        /// A configuration file: line from 1, or `nil` if the file has none yet (it cannot be read); key by its
        /// path from the top (`destinations.in-zone[2]`), or `nil` at the top.
        case file(path: String, line: Int?, key: String?)

        /// The origin as it starts an error: `--listen`, `NETLEDGER_LISTEN` or `file.yaml:3: listen`.
        public var description: String {
            switch self {
            case .flag(let name), .environment(let name): name
            case .file(let path, let line, let key):
                path + (line.map { ":\($0)" } ?? "") + (key.map { ": \($0)" } ?? "")
            }
        }
    }

    /// Where the setting was written.
    public var origin: Origin
    /// What is wrong with it, and what would be right.
    public var reason: String

    /// The setting at `origin` cannot be used because of `reason`.
    public init(_ origin: Origin, _ reason: String) {
        self.origin = origin
        self.reason = reason
    }

    /// Origin and reason as one line.
    public var description: String {
        "\(origin): \(reason)"
    }
}
