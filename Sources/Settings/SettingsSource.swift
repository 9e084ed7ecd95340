// SPDX-License-Identifier: Apache-2.0

/// The settings of one start of a program: flags over environment over configuration file over defaults.
///
/// A setting called `commit-rows` is the flag `--commit-rows`, the variable `NETLEDGER_COMMIT_ROWS` and the YAML
/// key `commit-rows`. A variable that is set to nothing counts as not set. Only the value that wins is read,
/// but a key of the file that no setting has is always refused.
///
/// ```swift
/// let source = try SettingsSource(
///     flags: ["config": config, "interval": interval],
///     environment: ProcessInfo.processInfo.environment
/// )
/// let interval = try source.value("interval", default: .seconds(5), as: .duration(in: .seconds(1) ... .seconds(60)))
/// ```
///
/// See also: ``SettingType`` for the kinds of value, ``SettingsNode`` for what only a file can hold.
public struct SettingsSource: Sendable {
    private let flags: [String: String]
    private let environment: [String: String]
    private let file: [String: SettingsNode]

    /// The configuration file, or `nil` if none was named.
    public let configuration: SettingsFile?

    /// Settings from a command line, and from the file that its flag `config` or `NETLEDGER_CONFIG` names.
    ///
    /// - Parameters:
    ///   - flags: every flag of the program by its key (no dashes), with its text if it was given; these and
    ///     `fileKeys` are the keys that the file may have, `config` excepted.
    ///   - environment: the process environment.
    ///   - fileKeys: keys that only the file can have, because they hold more than one value.
    /// - Throws: an error that names the file, and line and key if the file is readable.
    public init(
        flags: KeyValuePairs<String, String?>,
        environment: [String: String],
        fileKeys: [String] = []
    ) throws(SettingsError) {
        let path = flags.first { $0.key == "config" }.flatMap(\.value) ?? Self.variable("config", in: environment)
        var file: SettingsFile?
        if let path {
            guard !path.isEmpty else { throw SettingsError(.flag("--config"), "the file's path is empty") }
            file = try SettingsFile(path: path)
        }
        try self.init(flags: flags, environment: environment, file: file, fileKeys: fileKeys)
    }

    /// Settings from a command line and from `file`, which is already read.
    public init(
        flags: KeyValuePairs<String, String?>,
        environment: [String: String],
        file: SettingsFile?,
        fileKeys: [String] = []
    ) throws(SettingsError) {
        self.environment = environment
        self.flags = flags.reduce(into: [:]) { $0[$1.key] = $1.value }
        configuration = file
        self.file = try file?.root.mapping(flags.map(\.key).filter { $0 != "config" } + fileKeys) ?? [:]
    }

    /// The setting `key`, or `fallback` if it is nowhere set.
    ///
    /// - Throws: an error that names the flag, the variable, or file, line and key.
    public func value<Value>(
        _ key: String,
        default fallback: Value,
        as type: SettingType<Value>
    ) throws(SettingsError) -> Value {
        try value(key, as: type) ?? fallback
    }

    /// The setting `key`, or `nil` if it is nowhere set.
    ///
    /// - Throws: an error that names the flag, the variable, or file, line and key.
    public func value<Value>(_ key: String, as type: SettingType<Value>) throws(SettingsError) -> Value? {
        if let text = flags[key] { return try type.value(of: text, at: .flag("--\(key)")) }
        if let text = Self.variable(key, in: environment) {
            return try type.value(of: text, at: .environment(Self.variableName(key)))
        }
        guard let node = node(key) else { return nil }
        return try node.value(as: type)
    }

    /// What the file says under `key`; `nil` if it says nothing, or null.
    public func node(_ key: String) -> SettingsNode? {
        file[key].flatMap { $0.isNull ? nil : $0 }
    }

    /// The environment variable of the setting `key`: `NETLEDGER_COMMIT_ROWS` for `commit-rows`.
    public static func variableName(_ key: String) -> String {
        "NETLEDGER_" + key.uppercased().replacing("-", with: "_")
    }

    private static func variable(_ key: String, in environment: [String: String]) -> String? {
        environment[variableName(key)].flatMap { $0.isEmpty ? nil : $0 }
    }
}
