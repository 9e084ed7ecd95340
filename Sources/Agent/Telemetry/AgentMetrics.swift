// SPDX-License-Identifier: Apache-2.0
import Exposition
import Traffic

/// The agent's own metrics in the Prometheus text format.
struct AgentMetrics: Sendable {
    let counters: AgentCounters
    let queue: any BatchQueue
    /// Nanoseconds by which the agent's time is ahead of the host's.
    let lead: @Sendable () -> Int64

    /// The text for one scrape.
    func text() -> [UInt8] {
        let values = counters.snapshot
        var text = MetricsText()
        text.family("netledger_agent_build_info", help: "Always 1; its label is the release.", kind: .gauge) {
            $0.sample([MetricLabel("version", AgentProgram.version)], 1 as UInt64)
        }
        addDrains(values, to: &text)
        addUpload(values, to: &text)
        addMaps(values, to: &text)
        return text.bytes
    }

    private func addDrains(_ values: AgentCounters.Values, to text: inout MetricsText) {
        text.family("netledger_agent_drains_total", help: "Drains of the kernel's counters.", kind: .counter) {
            $0.sample([MetricLabel("result", "ok")], values.drains)
            $0.sample([MetricLabel("result", "failed")], values.failedDrains)
            $0.sample([MetricLabel("result", "paused")], values.pauses)
        }
        text.family(
            "netledger_agent_drain_seconds_total",
            help: "Time spent in drains, from the kernel's maps to the packed batch, in seconds.",
            kind: .counter
        ) { $0.sample([], Double(values.drainNanoseconds) / 1e9) }
        text.family(
            "netledger_agent_cgroup_walks_total",
            help: "Walks of the cgroup tree to name owners.",
            kind: .counter,
            value: values.walks
        )
        text.family(
            "netledger_agent_flows_total",
            help: "Flow records drained.",
            kind: .counter,
            value: values.flows
        )
        text.family(
            "netledger_agent_seen_bytes_total",
            help: "Layer 3 bytes of flows that the kernel program counted.",
            kind: .counter
        ) { $0.bytes([], values.seen) }
        text.family(
            "netledger_agent_service_bytes_total",
            help: "Those of them that were exchanged with addresses in --service-cidr, by what they are booked to.",
            kind: .counter
        ) {
            $0.bytes([MetricLabel("resolution", "backend")], values.services.resolved)
            $0.bytes([MetricLabel("resolution", "local")], values.services.local)
            $0.bytes([MetricLabel("resolution", "service")], values.services.unresolved)
        }
        text.family(
            "netledger_agent_conntrack_missed_total",
            help: "Times that connections could not be noted: the kernel's buffer, or the agent's table, was full.",
            kind: .counter
        ) {
            $0.sample([MetricLabel("reason", "overrun")], values.services.overruns)
            $0.sample([MetricLabel("reason", "table_full")], values.services.refused)
        }
        text.family(
            "netledger_agent_lost_bytes_total",
            help: "Layer 3 bytes that do not reach the ledger as flows, by reason.",
            kind: .counter
        ) { samples in
            for (reason, counters) in values.lost.sorted(by: { $0.key < $1.key }) {
                samples.bytes([MetricLabel("reason", reason)], counters)
            }
        }
        text.family(
            "netledger_agent_clock_lead_seconds",
            help: "How far the agent's time is ahead of the host's clock, which was set back, in seconds.",
            kind: .gauge
        ) { $0.sample([], Double(lead()) / 1e9) }
    }

    private func addUpload(_ values: AgentCounters.Values, to text: inout MetricsText) {
        text.family(
            "netledger_agent_batches_total",
            help: "Batches that left the backlog, by what became of them.",
            kind: .counter
        ) {
            $0.sample([MetricLabel("outcome", "applied")], values.applied)
            $0.sample([MetricLabel("outcome", "duplicate")], values.duplicates)
            $0.sample([MetricLabel("outcome", "refused")], values.refused)
        }
        text.family(
            "netledger_agent_upload_retries_total",
            help: "Attempts to send a batch that failed.",
            kind: .counter,
            value: values.retries
        )
        text.family(
            "netledger_agent_rewinds_total",
            help: "Times that the classifier asked for batches which it had acknowledged.",
            kind: .counter,
            value: values.rewinds
        )
        text.family(
            "netledger_agent_delivered_bytes_total",
            help: "Layer 3 bytes in acknowledged batches, as flows or as losses of the kernel program.",
            kind: .counter
        ) { $0.bytes([], values.delivered) }
        text.family(
            "netledger_agent_spool_batches_total",
            help: "Batches in the spool that were recovered at the start, torn by a crash, corrupt or expired.",
            kind: .counter
        ) {
            $0.sample([MetricLabel("event", "recovered")], values.recovered)
            $0.sample([MetricLabel("event", "torn")], values.torn)
            $0.sample([MetricLabel("event", "corrupt")], values.corrupt)
            $0.sample([MetricLabel("event", "expired")], values.expired)
        }
        let use = queue.use
        text.family(
            "netledger_agent_backlog_bytes",
            help: "Size of the batches that wait for the classifier, in memory or in the spool, in bytes.",
            kind: .gauge,
            value: UInt64(use.bytes)
        )
        text.family(
            "netledger_agent_backlog_capacity_bytes",
            help: "Size of waiting batches at which draining pauses, in bytes.",
            kind: .gauge,
            value: UInt64(queue.capacity)
        )
        text.family(
            "netledger_agent_backlog_batches",
            help: "Batches that wait for the classifier.",
            kind: .gauge,
            value: UInt64(use.batches)
        )
    }

    private func addMaps(_ values: AgentCounters.Values, to text: inout MetricsText) {
        text.family("netledger_agent_map_entries", help: "Entries in use of a kernel map.", kind: .gauge) {
            for map in values.maps { $0.sample([MetricLabel("map", map.name)], map.entries) }
        }
        text.family("netledger_agent_map_capacity", help: "Entries that fit a kernel map.", kind: .gauge) {
            for map in values.maps { $0.sample([MetricLabel("map", map.name)], map.capacity) }
        }
    }
}

extension SampleWriter {
    /// Adds the bytes of each direction.
    fileprivate mutating func bytes(_ labels: [MetricLabel], _ counters: FlowCounters) {
        sample(labels + [MetricLabel("direction", "egress")], counters.egressBytes)
        sample(labels + [MetricLabel("direction", "ingress")], counters.ingressBytes)
    }
}
