// SPDX-License-Identifier: Apache-2.0
import Exposition
import Ledger
import Queries
import Synchronization
import Traffic

/// The text of `/metrics`.
struct MetricsPage: Sendable {
    /// Where the bytes are booked.
    let ledger: Ledger
    /// What books the batches.
    let pipeline: Pipeline
    /// The answered requests.
    let requests: RequestMeter
    /// The rules and how they were loaded.
    let rules: LiveRules
    /// Who was turned away.
    let access: AccessPage
    /// What knows the cluster's objects; `nil` if nothing does.
    let feed: InventoryFeed?
    /// The rates that changed.
    let steps: StepWatch
    /// When the classifier started, in seconds since 1970-01-01T00:00:00Z.
    let started: Int64

    private let series = PodSeries()
    private let openCost = OpenCostSeries()
    private let size = LastSize()

    /// The page that tells of `ledger`, `pipeline`, `requests`, `rules`, `access`, `feed` and `steps`.
    init(
        ledger: Ledger,
        pipeline: Pipeline,
        requests: RequestMeter,
        rules: LiveRules,
        access: AccessPage,
        feed: InventoryFeed?,
        steps: StepWatch,
        started: Int64
    ) {
        self.ledger = ledger
        self.pipeline = pipeline
        self.requests = requests
        self.rules = rules
        self.access = access
        self.feed = feed
        self.steps = steps
        self.started = started
    }

    /// The text now.
    ///
    /// - Parameter visibility: Of less than everything only the pods' own series are told.
    /// - Throws: ``LedgerError`` if the ledger cannot be asked.
    func render(for visibility: Visibility) async throws -> [UInt8] {
        guard visibility == .everything else { return renderPods(within: visibility) }
        let status = try await ledger.status()
        // Room for what has been added since; otherwise the text would be copied as it grows.
        var text = MetricsText(reserving: size.value + 65_536)
        writePods(within: visibility, to: &text)
        if rules.settings.openCostMetrics { openCost.write(ledger.podCounters(), within: visibility, to: &text) }
        writeRules(to: &text)
        writeUnattributed(to: &text)
        if let feed { writeInventory(feed, to: &text) }
        writeSteps(to: &text)
        writeAgents(to: &text)
        writeNodes(status, to: &text)
        writeLosses(status, to: &text)
        writeIngest(to: &text)
        writeLedger(status, to: &text)
        writeConfiguration(to: &text)
        writeFeeds(to: &text)
        access.write(to: &text)
        writeProcess(to: &text)
        size.value = text.bytes.count
        return text.bytes
    }

    private func renderPods(within visibility: Visibility) -> [UInt8] {
        var text = MetricsText(reserving: 65_536)
        writePods(within: visibility, to: &text)
        if rules.settings.openCostMetrics { openCost.write(ledger.podCounters(), within: visibility, to: &text) }
        return text.bytes
    }

    private func writePods(within visibility: Visibility, to text: inout MetricsText) {
        let counters = ledger.podCounters()
        let labels = series.labels(of: counters)
        let values = counters.values
        let isShown = { (index: Int) in
            index < values.count
                && (visibility == .everything || visibility.includes(namespace: counters.labels[index].namespace))
        }
        text.family(
            "netledger_pod_network_egress_bytes_total",
            help: "Layer 3 bytes sent by a pod or unit.",
            kind: .counter,
            series: labels
        ) { isShown($0) ? values[$0].egressBytes : nil }
        text.family(
            "netledger_pod_network_ingress_bytes_total",
            help: "Layer 3 bytes received by a pod or unit.",
            kind: .counter,
            series: labels
        ) { isShown($0) ? values[$0].ingressBytes : nil }
    }

    private func writeAgents(to text: inout MetricsText) {
        let samples = pipeline.gauges.samples(now: pipeline.clock.now())
            .map { sample in
                let labels = [
                    MetricLabel("node", sample.node),
                    MetricLabel("startup_time", String(sample.startupTime)),
                    MetricLabel("map_name", sample.use.name),
                ]
                return (labels: labels, use: sample.use)
            }
        text.family(
            "netledger_agent_ebpf_map_max_entries",
            help: "Entries that fit into an eBPF map of a node's agent.",
            kind: .gauge
        ) { for sample in samples { $0.sample(sample.labels, sample.use.capacity) } }
        text.family(
            "netledger_agent_ebpf_map_current_size",
            help: "Entries in use in an eBPF map of a node's agent.",
            kind: .gauge
        ) { for sample in samples { $0.sample(sample.labels, sample.use.entries) } }
    }

    private func writeLosses(_ status: LedgerStatus, to text: inout MetricsText) {
        text.family(
            "netledger_lost_bytes_total",
            help: "Layer 3 bytes that a node saw and could not book, by reason.",
            kind: .counter
        ) { samples in
            for lost in status.losses {
                let labels = [
                    MetricLabel("cluster", lost.cluster),
                    MetricLabel("node", lost.node),
                    MetricLabel("reason", lost.loss.reason),
                ]
                let counters = lost.loss.counters
                samples.sample(labels + [MetricLabel("direction", "egress")], counters.egressBytes)
                samples.sample(labels + [MetricLabel("direction", "ingress")], counters.ingressBytes)
            }
        }
    }

    private func writeProcess(to text: inout MetricsText) {
        text.family("http_requests_total", help: "Answered HTTP requests.", kind: .counter) { samples in
            for (key, count) in requests.snapshot() {
                let labels = [
                    MetricLabel("handler", key.handler),
                    MetricLabel("method", key.method),
                    MetricLabel("code", String(key.code)),
                ]
                samples.sample(labels, count)
            }
        }
        text.family("netledger_classifier_build_info", help: "Always 1; tells the version.", kind: .gauge) {
            $0.sample([MetricLabel("version", Version.current)], 1 as UInt64)
        }
        text.family(
            "netledger_classifier_start_time_seconds",
            help: "When the classifier started, in seconds since 1970.",
            kind: .gauge,
            value: UInt64(max(0, started))
        )
    }

    /// Size of the last text in bytes; a guess of the next one's.
    private final class LastSize: Sendable {
        private let bytes = Atomic(0)

        var value: Int {
            get { bytes.load(ordering: .relaxed) }
            set { bytes.store(newValue, ordering: .relaxed) }
        }
    }
}
