// SPDX-License-Identifier: Apache-2.0
import Foundation
import Queries
import Traffic

extension StatusReport {
    /// Reads the JSON that ``json()`` writes; members it does not know are passed over.
    init(json: [UInt8]) throws {
        let body = try JSONDecoder().decode(StatusBody.self, from: Data(json))
        self.init(
            version: body.version,
            uptimeSeconds: body.uptimeSeconds,
            ledger: LedgerFile(
                path: body.ledger.path,
                bytes: body.ledger.bytes,
                schemaVersion: body.ledger.schemaVersion,
                series: body.ledger.series
            ),
            totals: body.totals.value,
            batches: Batches(
                applied: body.batches.applied,
                duplicate: body.batches.duplicate,
                refused: body.batches.refused
            ),
            nodes: body.nodes.map { node in
                Node(
                    cluster: node.cluster,
                    node: node.node,
                    bootID: node.bootID,
                    sequence: node.sequence,
                    lastIntervalEnd: node.lastIntervalEnd.seconds,
                    batches: node.batches,
                    lagSeconds: node.lagSeconds
                )
            },
            lost: body.lost.map { lost in
                NodeLoss(
                    cluster: lost.cluster,
                    node: lost.node,
                    loss: Loss(reason: lost.reason, counters: lost.counters.value)
                )
            },
            accounts: body.accounts.map { account in
                Account(
                    cluster: account.cluster,
                    node: account.node,
                    seen: account.seen.value,
                    booked: account.booked.value,
                    waiting: account.waiting.value,
                    lost: account.lost.value,
                    clockSkewMilliseconds: account.clockSkewMilliseconds,
                    reclockedBatches: account.reclockedBatches
                )
            },
            configuration: Configuration(
                loadedAt: body.configuration.loadedAt.seconds,
                error: body.configuration.error
            ),
            rules: body.rules.map { RuleBytes(rule: $0.rule, counters: $0.counters.value) },
            // A classifier that is older than this program does not say.
            feeds: (body.feeds ?? [])
                .map { Feed(feed: $0.feed, url: $0.url, answeredAt: $0.answeredAt?.seconds, error: $0.error) },
            namespaces: body.namespaces,
            inventory: body.inventory?.value
        )
    }
}

private struct StatusBody: Decodable {
    var version: String
    var uptimeSeconds: Int64
    var ledger: LedgerFile
    var totals: CountersBody
    var batches: Batches
    var nodes: [Node]
    var lost: [Lost]
    var accounts: [Account]
    var configuration: Configuration
    var rules: [Rule]
    var feeds: [Feed]?
    var namespaces: [String]?
    /// Absent if the classifier has no cluster, or does not show it.
    var inventory: InventoryBody?

    enum CodingKeys: String, CodingKey {
        case version
        case uptimeSeconds = "uptime_seconds"
        case ledger
        case totals
        case batches
        case nodes
        case lost
        case accounts
        case configuration
        case rules
        case feeds
        case namespaces
        case inventory
    }

    struct Feed: Decodable {
        var feed: String
        var url: String
        var answeredAt: TimeText?
        var error: String?

        enum CodingKeys: String, CodingKey {
            case feed
            case url
            case answeredAt = "answered_at"
            case error
        }
    }

    struct Configuration: Decodable {
        var loadedAt: TimeText
        var error: String?

        enum CodingKeys: String, CodingKey {
            case loadedAt = "loaded_at"
            case error
        }
    }

    struct Rule: Decodable {
        var rule: String
        var counters: CountersBody

        enum CodingKeys: CodingKey {
            case rule
        }

        init(from decoder: any Decoder) throws {
            rule = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .rule)
            counters = try CountersBody(from: decoder)
        }
    }

    struct LedgerFile: Decodable {
        var path: String
        var bytes: UInt64
        var schemaVersion: Int
        var series: UInt64

        enum CodingKeys: String, CodingKey {
            case path
            case bytes
            case schemaVersion = "schema_version"
            case series
        }
    }

    struct Batches: Decodable {
        var applied: UInt64
        var duplicate: UInt64
        var refused: UInt64
    }

    struct Node: Decodable {
        var cluster: String
        var node: String
        var bootID: String
        var sequence: UInt64
        var lastIntervalEnd: TimeText
        var batches: UInt64
        var lagSeconds: Int64

        enum CodingKeys: String, CodingKey {
            case cluster
            case node
            case bootID = "boot_id"
            case sequence
            case lastIntervalEnd = "last_interval_end"
            case batches
            case lagSeconds = "lag_seconds"
        }
    }

    struct Account: Decodable {
        var cluster: String
        var node: String
        var seen: CountersBody
        var booked: CountersBody
        var waiting: CountersBody
        var lost: CountersBody
        var clockSkewMilliseconds: Int64?
        var reclockedBatches: UInt64

        enum CodingKeys: String, CodingKey {
            case cluster
            case node
            case seen
            case booked
            case waiting
            case lost
            case clockSkewMilliseconds = "clock_skew_ms"
            case reclockedBatches = "reclocked_batches"
        }
    }

    struct Lost: Decodable {
        var cluster: String
        var node: String
        var reason: String
        var counters: CountersBody

        enum CodingKeys: CodingKey {
            case cluster
            case node
            case reason
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            cluster = try container.decode(String.self, forKey: .cluster)
            node = try container.decode(String.self, forKey: .node)
            reason = try container.decode(String.self, forKey: .reason)
            counters = try CountersBody(from: decoder)
        }
    }
}
