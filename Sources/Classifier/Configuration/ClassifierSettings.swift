// SPDX-License-Identifier: Apache-2.0

import Classification
import Feeds
import Ledger
import Logging
import Pricing
import Queries
import Settings

/// Everything that can be set about the classifier, with its defaults.
///
/// Each property is the flag, the environment variable and the YAML key of its name (``ClassifierOptions`` lists
/// them for `--help`); `destinations`, `networks`, `nat` and `feeds` are in the file only (`README.md` beside this
/// file).
struct ClassifierSettings: Sendable {
    /// Where the inventory of pods, nodes and services comes from.
    enum KubernetesMode: Hashable, Sendable {
        /// Nowhere: owners keep the names that the agent found.
        case off
        /// From the cluster that this program runs in, with its service account.
        case inCluster
        /// From the cluster that the kubeconfig at this path names.
        case kubeconfig(String)
    }

    /// The keys that only the configuration file can have.
    static let fileKeys = ["destinations", "feeds", "nat", "networks"]

    /// `listen`: address and port of the HTTP server.
    var listen = ListenAddress(host: "127.0.0.1", port: 8080)
    /// `database`: path of the ledger's SQLite file; it is created if it does not exist.
    var database = "netledger.db"
    /// `kubernetes`: source of the inventory.
    var kubernetes = KubernetesMode.off
    /// `kubernetes-cluster`: what the agents of the cluster call it (their `cluster`); 1...253 bytes.
    var kubernetesCluster = "default"
    /// `kubernetes-wait`: how long a batch waits for word of a pod that is not known, once a pod; 0...60 s.
    var kubernetesWait = Duration.seconds(2)
    /// `kubernetes-retention`: how long what is gone from the cluster is remembered; 1 minute...7 days.
    var kubernetesRetention = Duration.seconds(7200)
    /// `kubernetes-questions`: series that wait for word of their pod or peer up to which an unknown peer is to be asked for
    /// later; 0...10,000,000.
    var kubernetesQuestions = 50_000
    /// `commit-interval`: how long a batch waits for others to share its commit; 1 ms...60 s.
    var commitInterval = Duration.milliseconds(250)
    /// `commit-rows`: rows that make a commit start at once; 1...10,000,000.
    var commitRows = 50_000
    /// `keep-minutes`, `keep-hours`, `keep-days`: how long each tier of the ledger is kept.
    var retention = LedgerOptions.Retention()
    /// `max-body`: bytes of the largest request body that is read; 1,024...1 GiB.
    var maxBody = 16_777_216
    /// `max-bodies`: bytes of all request bodies that are read and decoded at once; 65,536...1 TiB.
    var maxBodies = 33_554_432
    /// Rows that an answer may gather; no setting, because more would be hundreds of megabytes.
    var mostRows = UsageQuery.mostFacts
    /// `max-clock-skew`: by how much a node's clock may differ before its batches are booked by the
    /// classifier's; 1 s...1 d.
    var maxClockSkew = Duration.seconds(300)
    /// `log-level`: the least severe messages that are logged.
    var logLevel = Logger.Level.info
    /// `opencost-metrics`: true if `/metrics` also has the families that OpenCost reads.
    var openCostMetrics = false
    /// TLS, who may speak, and limits of connections.
    var exposure = Exposure()
    /// `destinations`, `networks`, `nat` and `max-network-names`: what the operator says about addresses.
    var plan = NetworkPlan()
    /// `feeds`: lists in which clouds publish their addresses, in order of precedence.
    var feeds: [FeedFile] = []

    /// `prices`: path of the price book's file, and what it says; `nil` if there is none.
    var pricesPath: String?
    /// What the file at ``pricesPath`` said when it was read.
    var prices: PriceBook?

    /// A name for exactly the configuration file's text; empty without a file.
    var configurationFingerprint = ""

    /// `destinations`: lists that decide how far an address is.
    var destinations: Destinations {
        get { plan.destinations }
        set { plan.destinations = newValue }
    }
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
            as: SettingType("off, in-cluster, or the path of a kubeconfig", parse: KubernetesMode.init)
        )
        kubernetesCluster = try source.value("kubernetes-cluster", default: kubernetesCluster, as: .name(maxBytes: 253))
        kubernetesWait = try source.value(
            "kubernetes-wait",
            default: kubernetesWait,
            as: .duration(in: .zero...Duration.seconds(60))
        )
        kubernetesRetention = try source.value(
            "kubernetes-retention",
            default: kubernetesRetention,
            as: .duration(in: Duration.seconds(60)...Duration.seconds(604_800))
        )
        kubernetesQuestions = try source.value(
            "kubernetes-questions",
            default: kubernetesQuestions,
            as: .integer(in: 0...10_000_000)
        )
        let wait = Duration.milliseconds(1)...Duration.seconds(60)
        commitInterval = try source.value("commit-interval", default: commitInterval, as: .duration(in: wait))
        commitRows = try source.value("commit-rows", default: commitRows, as: .integer(in: 1...10_000_000))
        retention = try LedgerOptions.Retention(source)
        maxBody = try source.value("max-body", default: maxBody, as: .byteCount(in: 1_024...1 << 30))
        maxBodies = try source.value("max-bodies", default: maxBodies, as: .byteCount(in: 65_536...1 << 40))
        let skew = Duration.seconds(1)...Duration.seconds(86_400)
        maxClockSkew = try source.value("max-clock-skew", default: maxClockSkew, as: .duration(in: skew))
        logLevel = try source.value("log-level", default: logLevel, as: .choice)
        openCostMetrics = try source.value(
            "opencost-metrics",
            default: openCostMetrics,
            as: SettingType("true or false") { ["true": true, "false": false][$0] }
        )
        exposure = try Exposure(source, listen: listen)
        plan.maxNames = try source.value("max-network-names", default: plan.maxNames, as: .integer(in: 1...1_000_000))
        if let path = try source.value("prices", as: SettingType.text) {
            pricesPath = path
            prices = try PriceBook(path: path)
        }
        configurationFingerprint = source.configuration?.fingerprint ?? ""
        if let node = source.node("destinations") { plan.destinations = try Destinations(node) }
        if let node = source.node("networks") { plan.networks = try Network.list(node) }
        if let node = source.node("nat") { plan.routes = try RouteRule.list(node) }
        if let node = source.node("feeds") { feeds = try FeedFile.list(node) }
    }
}

extension ClassifierSettings.KubernetesMode {
    /// The mode that a setting's text means; `nil` for a word that is neither a mode nor looks like a path.
    fileprivate init?(_ text: String) {
        switch text {
        case "off": self = .off
        case "in-cluster": self = .inCluster
        case _ where text.contains("/") || text.contains("."): self = .kubeconfig(text)
        default: return nil
        }
    }
}

extension LedgerOptions.Retention {
    /// How long `source` says that the tiers are kept.
    fileprivate init(_ source: SettingsSource) throws(SettingsError) {
        self.init()
        func seconds(_ key: String, _ fallback: Int64, from least: Int64) throws(SettingsError) -> Int64 {
            try source.value(
                key,
                default: .seconds(fallback),
                as: .duration(in: .seconds(least) ... .seconds(100 * 366 * 86_400))
            )
            .components.seconds
        }
        // A coarser tier always outlives the finer one: what is left of a range is then one piece.
        minute = try seconds("keep-minutes", minute, from: 3600)
        hour = try seconds("keep-hours", max(hour, minute), from: minute)
        day = try seconds("keep-days", max(day, hour), from: hour)
    }
}

extension Rulebook {
    /// The rules that follow from `settings`; reads the files of the feeds.
    ///
    /// - Throws: `FeedError` for a file that cannot be used.
    convenience init(_ settings: ClassifierSettings) throws {
        self.init(settings.plan, feeds: try settings.feeds.flatMap { try $0.read() })
    }
}
