// SPDX-License-Identifier: Apache-2.0

/// From where the settings come, for reading them again.
struct ConfigurationSource: Sendable {
    /// The configuration file; `nil` if there is none.
    var path: String?
    /// Reads flags, environment and file as at the start.
    var resolve: @Sendable () throws -> ClassifierSettings

    /// The settings that `resolve` finds, in the file at `path` among others.
    init(path: String?, resolve: @escaping @Sendable () throws -> ClassifierSettings) {
        self.path = path
        self.resolve = resolve
    }
}
