// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Settings

/// The classifier's command line flags.
///
/// All are text: ``ClassifierSettings`` reads them, so that a flag, a variable and a key of the file are checked
/// by the same rule.
struct ClassifierOptions: ParsableArguments {
    @Option(help: .setting("Address and port to serve HTTP on.", "listen", default: "127.0.0.1:8080"))
    var listen: String?

    @Option(help: .setting("SQLite file that holds the ledger; made if missing.", "database", default: "netledger.db"))
    var database: String?

    @Option(
        help: .setting(
            "YAML file with any of these settings, and destinations, networks, nat and feeds.",
            "config",
            default: nil
        )
    )
    var config: String?

    @Option(help: .setting("Where names of pods and nodes come from; only off so far.", "kubernetes", default: "off"))
    var kubernetes: String?

    @Option(
        name: .customLong("commit-interval"),
        help: .setting("How long a batch waits to share a commit, 1ms to 60s.", "commit-interval", default: "250ms")
    )
    var commitInterval: String?

    @Option(
        name: .customLong("commit-rows"),
        help: .setting("Rows that make a commit start at once.", "commit-rows", default: "50000")
    )
    var commitRows: String?

    @Option(
        name: .customLong("keep-minutes"),
        help: .setting("How long usage by the minute is kept.", "keep-minutes", default: "2d")
    )
    var keepMinutes: String?

    @Option(
        name: .customLong("keep-hours"),
        help: .setting("How long usage by the hour is kept.", "keep-hours", default: "90d")
    )
    var keepHours: String?

    @Option(
        name: .customLong("keep-days"),
        help: .setting("How long usage by the day is kept.", "keep-days", default: "1096d")
    )
    var keepDays: String?

    @Option(
        name: .customLong("max-body"),
        help: .setting("Largest request body, in bytes or as in 16MiB.", "max-body", default: "16777216")
    )
    var maxBody: String?

    @Option(
        name: .customLong("max-network-names"),
        help: .setting(
            "Names of networks the ledger may hold; the rest is called other.",
            "max-network-names",
            default: "8192"
        )
    )
    var maxNetworkNames: String?

    @Option(
        name: .customLong("log-level"),
        help: .setting("trace, debug, info, notice, warning, error or critical.", "log-level", default: "info")
    )
    var logLevel: String?

    @Flag(
        name: .customLong("opencost-metrics"),
        help: .setting("Serve the metrics that OpenCost reads, too.", "opencost-metrics", default: "false")
    )
    var openCostMetrics = false

    /// Path of the configuration file; `nil` if none is named.
    func configurationPath(environment: [String: String]) -> String? {
        config ?? environment[SettingsSource.variableName("config")].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The settings that follow from the flags, `environment`, the configuration file and the defaults.
    ///
    /// - Throws: `SettingsError`, which names the flag, the variable, or file, line and key.
    func resolve(environment: [String: String]) throws -> ClassifierSettings {
        let source = try SettingsSource(
            flags: [
                "listen": listen,
                "database": database,
                "config": config,
                "kubernetes": kubernetes,
                "commit-interval": commitInterval,
                "commit-rows": commitRows,
                "keep-minutes": keepMinutes,
                "keep-hours": keepHours,
                "keep-days": keepDays,
                "max-body": maxBody,
                "max-network-names": maxNetworkNames,
                "log-level": logLevel,
                "opencost-metrics": openCostMetrics ? "true" : nil,
            ],
            environment: environment,
            fileKeys: ClassifierSettings.fileKeys
        )
        return try ClassifierSettings(source)
    }
}

extension ArgumentHelp {
    /// Help for the flag of the setting `key`: what it is, its default, and its environment variable.
    fileprivate static func setting(_ text: String, _ key: String, default fallback: String?) -> ArgumentHelp {
        let start = fallback.map { "default: \($0); " } ?? ""
        return ArgumentHelp("\(text) (\(start)\(SettingsSource.variableName(key)))", valueName: "value")
    }
}
