// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Settings

/// The agent's command line flags.
///
/// All are text: ``AgentSettings`` reads them, so that a flag, a variable and a key of the file are checked by
/// the same rule.
struct AgentOptions: ParsableArguments {
    @Option(help: .setting("URL of the classifier.", "classifier", default: "http://127.0.0.1:8080"))
    var classifier: String?

    @Option(
        name: .customLong("ca-file"),
        help: .setting(
            "PEM file with the authorities that vouch for the classifier; the system's if not set.",
            "ca-file",
            default: nil
        )
    )
    var authorities: String?

    @Option(
        name: .customLong("client-certificate"),
        help: .setting("PEM file with this node's certificate.", "client-certificate", default: nil)
    )
    var clientCertificate: String?

    @Option(
        name: .customLong("client-key"),
        help: .setting("PEM file with the key of this node's certificate.", "client-key", default: nil)
    )
    var clientKey: String?

    @Option(
        name: .customLong("token-file"),
        help: .setting("File with the token that is shown to the classifier.", "token-file", default: nil)
    )
    var tokenFile: String?

    @Option(help: .setting("Name of the cluster in the ledger.", "cluster", default: "default"))
    var cluster: String?

    @Option(help: .setting("Name of this node in the ledger; the host's name if not set.", "node", default: nil))
    var node: String?

    @Option(help: .setting("Region this node stands in; unknown if not set.", "region", default: nil))
    var region: String?

    @Option(help: .setting("Zone this node stands in; unknown if not set.", "zone", default: nil))
    var zone: String?

    @Option(help: .setting("Time between two drains of the kernel's counters, 10ms to 60s.", "interval", default: "5s"))
    var interval: String?

    @Option(
        name: .customLong("cgroup-root"),
        help: .setting("Where cgroup v2 is mounted; found if not set.", "cgroup-root", default: nil)
    )
    var cgroupRoot: String?

    @Option(
        name: .customLong("flow-capacity"),
        help: .setting("Flows that the kernel keeps between two drains.", "flow-capacity", default: "131072")
    )
    var flowCapacity: String?

    @Option(
        name: .customLong("owner-quota"),
        help: .setting(
            "Flows that one cgroup may have of them; what is more keeps its bytes, and not its remotes.",
            "owner-quota",
            default: "half of them"
        )
    )
    var ownerQuota: String?

    @Option(
        name: .customLong("service-cidr"),
        help: .setting(
            "Blocks of service addresses, separated by commas, to resolve through this host's connection tracking.",
            "service-cidr",
            default: nil
        )
    )
    var serviceCIDR: String?

    @Option(
        help: .setting(
            "Directory on a BPF file system for hooks that outlive the agent; they end with it if not set.",
            "pin",
            default: nil
        )
    )
    var pin: String?

    @Option(help: .setting("Directory for batches that wait; they wait in memory if not set.", "spool", default: nil))
    var spool: String?

    @Option(
        name: .customLong("spool-bytes"),
        help: .setting("Size of the spool at which draining pauses.", "spool-bytes", default: "256MiB")
    )
    var spoolBytes: String?

    @Option(
        name: .customLong("spool-age"),
        help: .setting("Age at which a batch in the spool is given up, and booked as lost.", "spool-age", default: "7d")
    )
    var spoolAge: String?

    @Option(help: .setting("Memory of batches that may wait for the classifier.", "backlog", default: "8MiB"))
    var backlog: String?

    @Option(
        name: .customLong("shutdown-timeout"),
        help: .setting("Time to deliver what waits at the end, 100ms to 10m.", "shutdown-timeout", default: "10s")
    )
    var shutdownTimeout: String?

    @Option(help: .setting("Address and port of metrics and health.", "listen", default: "127.0.0.1:9464"))
    var listen: String?

    @Option(help: .setting("YAML file with any of these settings.", "config", default: nil))
    var config: String?

    @Option(
        name: .customLong("log-level"),
        help: .setting("trace, debug, info, notice, warning, error or critical.", "log-level", default: "info")
    )
    var logLevel: String?

    /// The settings that follow from the flags, `environment`, the configuration file and the defaults.
    ///
    /// - Throws: `SettingsError`, which names the flag, the variable, or file, line and key.
    func resolve(environment: [String: String]) throws -> AgentSettings {
        let source = try SettingsSource(
            flags: [
                "classifier": classifier,
                "ca-file": authorities,
                "client-certificate": clientCertificate,
                "client-key": clientKey,
                "token-file": tokenFile,
                "cluster": cluster,
                "node": node,
                "region": region,
                "zone": zone,
                "interval": interval,
                "cgroup-root": cgroupRoot,
                "flow-capacity": flowCapacity,
                "owner-quota": ownerQuota,
                "service-cidr": serviceCIDR,
                "pin": pin,
                "spool": spool,
                "spool-bytes": spoolBytes,
                "spool-age": spoolAge,
                "backlog": backlog,
                "shutdown-timeout": shutdownTimeout,
                "listen": listen,
                "config": config,
                "log-level": logLevel,
            ],
            environment: environment
        )
        return try AgentSettings(source)
    }
}

extension ArgumentHelp {
    /// Help for the flag of the setting `key`: what it is, its default, and its environment variable.
    fileprivate static func setting(_ text: String, _ key: String, default fallback: String?) -> ArgumentHelp {
        let start = fallback.map { "default: \($0); " } ?? ""
        return ArgumentHelp("\(text) (\(start)\(SettingsSource.variableName(key)))", valueName: "value")
    }
}
