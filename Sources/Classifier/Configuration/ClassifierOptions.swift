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

    @Option(
        help: .setting(
            "Where names of pods and nodes come from: off, in-cluster, or a kubeconfig's path.",
            "kubernetes",
            default: "off"
        )
    )
    var kubernetes: String?

    @Option(
        name: .customLong("kubernetes-cluster"),
        help: .setting("What the agents of that cluster call it.", "kubernetes-cluster", default: "default")
    )
    var kubernetesCluster: String?

    @Option(
        name: .customLong("kubernetes-wait"),
        help: .setting(
            "How long a batch waits for word of an unknown pod, 0s to 60s.",
            "kubernetes-wait",
            default: "2s"
        )
    )
    var kubernetesWait: String?

    @Option(
        name: .customLong("kubernetes-retention"),
        help: .setting("How long pods that are gone are remembered, 1m to 7d.", "kubernetes-retention", default: "2h")
    )
    var kubernetesRetention: String?

    @Option(
        name: .customLong("kubernetes-questions"),
        help: .setting(
            "Series that may wait for word of their pod or peer with a question about the peer, 0 to 10000000.",
            "kubernetes-questions",
            default: "50000"
        )
    )
    var kubernetesQuestions: String?

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
        name: .customLong("max-bodies"),
        help: .setting("Request bodies that are read at once, in bytes.", "max-bodies", default: "33554432")
    )
    var maxBodies: String?

    @Option(
        name: .customLong("max-network-names"),
        help: .setting(
            "Names of networks the ledger may hold; the rest is called other.",
            "max-network-names",
            default: "8192"
        )
    )
    var maxNetworkNames: String?

    @Option(help: .setting("YAML file with the prices of bytes.", "prices", default: nil))
    var prices: String?

    @Option(
        name: .customLong("max-clock-skew"),
        help: .setting(
            "How far a node's clock may be off before its batches are booked by this host's.",
            "max-clock-skew",
            default: "5m"
        )
    )
    var maxClockSkew: String?

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

    @Option(
        name: .customLong("tls-certificate"),
        help: .setting(
            "PEM file with the server's certificate and intermediate ones; HTTP without TLS if not set.",
            "tls-certificate",
            default: nil
        )
    )
    var tlsCertificate: String?

    @Option(
        name: .customLong("tls-key"),
        help: .setting(
            "PEM file with the key of the certificate.",
            "tls-key",
            default: nil
        )
    )
    var tlsKey: String?

    @Option(
        name: .customLong("tls-minimum"),
        help: .setting(
            "Oldest version of TLS: 1.3 or 1.2.",
            "tls-minimum",
            default: "1.3"
        )
    )
    var tlsMinimum: String?

    @Option(
        name: .customLong("client-ca"),
        help: .setting(
            "PEM file with the authorities that vouch for clients; no certificates are asked for if not set.",
            "client-ca",
            default: nil
        )
    )
    var clientCA: String?

    @Option(
        name: .customLong("access"),
        help: .setting(
            "YAML file that says who may report and who may ask; everybody if not set, on loopback only.",
            "access",
            default: nil
        )
    )
    var access: String?

    @Option(
        name: .customLong("max-connections"),
        help: .setting(
            "Connections that may be open; beyond, the longest idle one is closed.",
            "max-connections",
            default: "8192"
        )
    )
    var maxConnections: String?

    @Option(
        name: .customLong("query-timeout"),
        help: .setting(
            "How long a question may take, 100ms to 1h.",
            "query-timeout",
            default: "30s"
        )
    )
    var queryTimeout: String?

    @Flag(
        name: .customLong("allow-plain-http"),
        help: .setting("Serve HTTP without TLS to other hosts, too.", "allow-plain-http", default: "false")
    )
    var allowPlainHTTP = false

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
                "kubernetes-cluster": kubernetesCluster,
                "kubernetes-wait": kubernetesWait,
                "kubernetes-retention": kubernetesRetention,
                "kubernetes-questions": kubernetesQuestions,
                "commit-interval": commitInterval,
                "commit-rows": commitRows,
                "keep-minutes": keepMinutes,
                "keep-hours": keepHours,
                "keep-days": keepDays,
                "max-body": maxBody,
                "max-bodies": maxBodies,
                "max-clock-skew": maxClockSkew,
                "max-network-names": maxNetworkNames,
                "prices": prices,
                "log-level": logLevel,
                "tls-certificate": tlsCertificate,
                "tls-key": tlsKey,
                "tls-minimum": tlsMinimum,
                "client-ca": clientCA,
                "access": access,
                "max-connections": maxConnections,
                "query-timeout": queryTimeout,
                "allow-plain-http": allowPlainHTTP ? "true" : nil,
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
