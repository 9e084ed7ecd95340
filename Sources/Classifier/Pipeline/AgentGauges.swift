// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Traffic

/// The kernel map gauges that agents sent last, for `/metrics`.
///
/// They are in memory only: after a restart of the classifier an agent's gauges come back with its next batch.
/// The startup time of an agent is the start of the first interval of its boot id that this process saw, so it
/// moves when the classifier restarts. An agent that is silent for ``patience`` leaves.
final class AgentGauges: Sendable {
    /// The labels and values of one map.
    struct Sample: Equatable, Sendable {
        var node: String
        /// Seconds since 1970-01-01T00:00:00Z.
        var startupTime: Int64
        var use: MapUse
    }

    /// How long a silent agent's gauges stay, in nanoseconds: 15 minutes.
    static let patience: Int64 = 15 * 60 * 1_000_000_000

    private struct Agent: Sendable {
        var bootID: UInt128
        var startupTime: Int64
        var sequence: UInt64
        var maps: [MapUse]
        var lastSeen: Int64
    }

    private struct Node: Hashable, Sendable {
        var cluster: String
        var name: String
    }

    private let agents = Mutex<[Node: Agent]>([:])

    /// Takes the gauges of a batch that the ledger has booked.
    ///
    /// - Parameters:
    ///   - started: When the agent started, in seconds since 1970-01-01T00:00:00Z, if it said so.
    ///   - now: Nanoseconds since 1970-01-01T00:00:00Z.
    func record(_ batch: FlowBatch, started told: Int64? = nil, now: Int64) {
        let node = Node(cluster: batch.source.cluster, name: batch.source.node)
        let started = told ?? batch.interval.start / 1_000_000_000
        agents.withLock { agents in
            if let known = agents[node], known.bootID == batch.source.bootID,
                told == nil || told == known.startupTime
            {
                // Batches that were kept while the classifier was away may arrive beside newer ones.
                let newer = batch.sequence >= known.sequence
                agents[node] = Agent(
                    bootID: known.bootID,
                    startupTime: known.startupTime,
                    sequence: max(known.sequence, batch.sequence),
                    maps: newer ? batch.maps : known.maps,
                    lastSeen: now
                )
            } else {
                agents[node] = Agent(
                    bootID: batch.source.bootID,
                    startupTime: started,
                    sequence: batch.sequence,
                    maps: batch.maps,
                    lastSeen: now
                )
            }
        }
    }

    /// The gauges of all agents that are not silent, sorted by node, startup time and map.
    ///
    /// The labels do not hold the cluster: where two clusters have a node of the same name, startup second and
    /// map, the fuller map is given, for a label set may appear only once.
    ///
    /// - Parameter now: Nanoseconds since 1970-01-01T00:00:00Z.
    func samples(now: Int64) -> [Sample] {
        let all = agents.withLock { agents in
            agents = agents.filter { now - $0.value.lastSeen <= Self.patience }
            return agents.flatMap { node, agent in
                agent.maps.map { Sample(node: node.name, startupTime: agent.startupTime, use: $0) }
            }
        }
        let sorted = all.sorted {
            ($0.node, $0.startupTime, $0.use.name, $1.use.entries, $1.use.capacity)
                < ($1.node, $1.startupTime, $1.use.name, $0.use.entries, $0.use.capacity)
        }
        var unique: [Sample] = []
        for sample in sorted {
            if let last = unique.last, last.node == sample.node, last.startupTime == sample.startupTime,
                last.use.name == sample.use.name
            {
                continue
            }
            unique.append(sample)
        }
        return unique
    }
}
