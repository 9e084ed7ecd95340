// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// What a classifier says about itself, its ledger and the nodes that feed it: `/api/v1/status`.
public struct StatusReport: Hashable, Sendable {
    /// Version of the classifier.
    public var version: String
    /// Whole seconds since it started.
    public var uptimeSeconds: Int64
    /// The ledger's file.
    public var ledger: LedgerFile
    /// Everything ever booked.
    public var totals: FlowCounters
    /// Batches since the classifier started.
    public var batches: Batches
    /// Every source of batches the ledger knows.
    public var nodes: [Node]
    /// Everything nodes ever reported as lost.
    public var lost: [NodeLoss]
    /// What became of everything that each node saw.
    public var accounts: [Account]
    /// The configuration that holds.
    public var configuration: Configuration
    /// Everything ever booked, by the rule that decided.
    public var rules: [RuleBytes]
    /// The lists of addresses that are loaded from a URL.
    public var feeds: [Feed]

    /// A list of addresses that a cloud publishes.
    public struct Feed: Hashable, Sendable {
        /// Whose list: aws, gcp, google or azure.
        public var feed: String
        /// From where it is loaded.
        public var url: String
        /// When the publisher last gave a usable answer, in seconds since 1970-01-01T00:00:00Z; `nil` for never.
        public var answeredAt: Int64?
        /// Why the latest attempt failed; `nil` if it did not.
        public var error: String?

        /// A list in the given state.
        public init(feed: String, url: String, answeredAt: Int64?, error: String? = nil) {
            self.feed = feed
            self.url = url
            self.answeredAt = answeredAt
            self.error = error
        }
    }
    /// The namespaces that the report is limited to, because whoever asked may see no others; `nil` for all.
    ///
    /// What has no namespace is not told then: it is empty or zero.
    public var namespaces: [String]?
    /// What is known of the cluster's objects; `nil` if nothing is to be known.
    public var inventory: InventoryReport?

    /// How the configuration was loaded.
    public struct Configuration: Hashable, Sendable {
        /// When the one that holds was loaded, in seconds since 1970-01-01T00:00:00Z.
        public var loadedAt: Int64
        /// Why the one on disk could not be used; `nil` if it is the one that holds.
        public var error: String?

        /// A configuration, loaded at `loadedAt`.
        public init(loadedAt: Int64, error: String? = nil) {
            self.loadedAt = loadedAt
            self.error = error
        }
    }

    /// What one rule decided about.
    public struct RuleBytes: Hashable, Sendable {
        /// The rule, as the dimension `rule` has it.
        public var rule: String
        /// Everything ever booked under it.
        public var counters: FlowCounters

        /// `counters`, booked under `rule`.
        public init(rule: String, counters: FlowCounters) {
            self.rule = rule
            self.counters = counters
        }
    }

    /// The file that holds the bytes.
    public struct LedgerFile: Hashable, Sendable {
        /// Its path, as configured.
        public var path: String
        /// Its size in bytes, its write-ahead log included.
        public var bytes: UInt64
        /// Version of its tables.
        public var schemaVersion: Int
        /// Series it has bytes of.
        public var series: UInt64

        /// A file with these properties.
        public init(path: String, bytes: UInt64, schemaVersion: Int, series: UInt64) {
            self.path = path
            self.bytes = bytes
            self.schemaVersion = schemaVersion
            self.series = series
        }
    }

    /// Batches by what became of them.
    public struct Batches: Hashable, Sendable {
        /// Booked.
        public var applied: UInt64
        /// Booked before; changed nothing.
        public var duplicate: UInt64
        /// Not acceptable; booked nothing.
        public var refused: UInt64

        /// Numbers of batches.
        public init(applied: UInt64, duplicate: UInt64, refused: UInt64) {
            self.applied = applied
            self.duplicate = duplicate
            self.refused = refused
        }
    }

    /// One life of one node's agent.
    public struct Node: Hashable, Sendable {
        /// The cluster the agent reported.
        public var cluster: String
        /// The node's name.
        public var node: String
        /// Identifies the life: 32 hexadecimal digits.
        public var bootID: String
        /// Sequence of the last batch that was booked.
        public var sequence: UInt64
        /// End of that batch's interval, in seconds since 1970-01-01T00:00:00Z.
        public var lastIntervalEnd: Int64
        /// Batches that were booked.
        public var batches: UInt64
        /// Whole seconds from ``lastIntervalEnd`` to now; negative if the node's clock is ahead.
        public var lagSeconds: Int64

        /// A node in the given state.
        public init(
            cluster: String,
            node: String,
            bootID: String,
            sequence: UInt64,
            lastIntervalEnd: Int64,
            batches: UInt64,
            lagSeconds: Int64
        ) {
            self.cluster = cluster
            self.node = node
            self.bootID = bootID
            self.sequence = sequence
            self.lastIntervalEnd = lastIntervalEnd
            self.batches = batches
            self.lagSeconds = lagSeconds
        }
    }

    /// Bytes that a node reported as lost for one reason.
    public struct NodeLoss: Hashable, Sendable {
        /// The cluster the agent reported.
        public var cluster: String
        /// The node's name.
        public var node: String
        /// Why, and how many.
        public var loss: Loss

        /// `loss` on `node`.
        public init(cluster: String, node: String, loss: Loss) {
            self.cluster = cluster
            self.node = node
            self.loss = loss
        }
    }

    /// A report with the given parts.
    public init(
        version: String,
        uptimeSeconds: Int64,
        ledger: LedgerFile,
        totals: FlowCounters,
        batches: Batches,
        nodes: [Node],
        lost: [NodeLoss],
        accounts: [Account] = [],
        configuration: Configuration,
        rules: [RuleBytes],
        feeds: [Feed] = [],
        namespaces: [String]? = nil,
        inventory: InventoryReport? = nil
    ) {
        self.version = version
        self.uptimeSeconds = uptimeSeconds
        self.ledger = ledger
        self.totals = totals
        self.batches = batches
        self.nodes = nodes
        self.lost = lost
        self.accounts = accounts
        self.configuration = configuration
        self.rules = rules
        self.feeds = feeds
        self.namespaces = namespaces
        self.inventory = inventory
    }
}
