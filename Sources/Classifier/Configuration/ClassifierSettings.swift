// SPDX-License-Identifier: Apache-2.0

import Classification
import Logging
import Settings

/// Everything that can be set about the classifier, with its defaults.
///
/// Each property is the flag, the environment variable and the YAML key of its name (``ClassifierOptions`` lists
/// them for `--help`); ``destinations`` is in the file only.
struct ClassifierSettings: Sendable {
    /// Where the inventory of pods, nodes and services comes from.
    enum KubernetesMode: String, Sendable, CaseIterable {
        /// Nowhere: owners keep the names that the agent found.
        case off
    }

    /// `listen`: address and port of the HTTP server.
    var listen = ListenAddress(host: "127.0.0.1", port: 8080)
    /// `database`: path of the ledger's SQLite file; it is created if it does not exist.
    var database = "netledger.db"
    /// `kubernetes`: source of the inventory.
    var kubernetes = KubernetesMode.off
    /// `commit-interval`: how long a batch waits for others to share its commit; 1 ms...60 s.
    var commitInterval = Duration.milliseconds(250)
    /// `commit-rows`: rows that make a commit start at once; 1...10,000,000.
    var commitRows = 50_000
    /// `max-body`: bytes of the largest request body that is read; 1,024...1 GiB.
    var maxBody = 16_777_216
    /// `log-level`: the least severe messages that are logged.
    var logLevel = Logger.Level.info
    /// `destinations`: what the operator says about remote addresses.
    var destinations = Destinations()
}

extension ClassifierSettings {
    /// The settings that `source` overrides, over the defaults.
    ///
    /// - Throws: an error that names the flag, the variable, or file, line and key of a value that cannot be used.
    init(_ source: SettingsSource) throws(SettingsError) {
        self.init()
        listen = try source.value("listen", default: listen, as: .listenAddress)
        database = try source.value("database", default: database, as: .text)
        kubernetes = try source.value(
            "kubernetes",
            default: kubernetes,
            as: SettingType("off, the only mode so far", parse: KubernetesMode.init(rawValue:))
        )
        let wait = Duration.milliseconds(1)...Duration.seconds(60)
        commitInterval = try source.value("commit-interval", default: commitInterval, as: .duration(in: wait))
        commitRows = try source.value("commit-rows", default: commitRows, as: .integer(in: 1...10_000_000))
        maxBody = try source.value("max-body", default: maxBody, as: .byteCount(in: 1_024...1 << 30))
        logLevel = try source.value("log-level", default: logLevel, as: .choice)
        if let node = source.node("destinations") { destinations = try Destinations(node) }
    }
}
