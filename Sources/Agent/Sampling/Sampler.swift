// SPDX-License-Identifier: Apache-2.0
import Capture
import Traffic
import Wire

/// Turns drains into batches: it knows time, sequence and owners, and does no waiting and no sending.
///
/// Every drained byte leaves in a batch, or in ``Sample/unsendable``. Intervals follow each other without gap or
/// overlap. A drain without bytes makes a batch only if there was none for a minute, so that the ledger can tell
/// an idle node from a silent one.
struct Sampler {
    /// Flows in one batch at most; a larger drain becomes several batches of the same interval.
    static let flowsPerBatch = 50_000

    private let flowsPerBatch: Int
    private var source: any FlowSource
    private var namer: OwnerNamer
    private let identity: AgentIdentity
    private let schedule: TickSchedule
    /// End of the previous interval.
    private var start: Int64
    private var sequence: UInt64
    /// Sum over all batches up to ``sequence``, and over what could not be one.
    private var running: FlowCounters
    private var lastBatchEnd: Int64?

    /// A sampler whose first interval begins at `start`, the moment `source` began to count or was drained last.
    ///
    /// - Parameter last: How batches before its first were numbered.
    init(
        source: any FlowSource,
        namer: OwnerNamer,
        identity: AgentIdentity,
        schedule: TickSchedule,
        start: Int64,
        last: SourceSequence? = nil,
        flowsPerBatch: Int = Sampler.flowsPerBatch
    ) {
        self.source = source
        self.namer = namer
        self.identity = identity
        self.schedule = schedule
        self.start = start
        sequence = last?.last ?? 0
        running = last?.running ?? .zero
        self.flowsPerBatch = flowsPerBatch
    }

    /// Walks of the cgroup tree made.
    var walks: UInt64 {
        namer.walks
    }

    /// Stops counting; what was counted until then can still be sampled.
    mutating func detach() {
        source.detach()
    }

    /// Makes the latest sample final: its batches are kept.
    ///
    /// - Throws: What the source throws; the sample is final all the same.
    mutating func commit() throws {
        try source.commit()
    }

    /// Drains at `now` and packs what there was; until ``commit()`` the source keeps it too.
    ///
    /// - Parameter now: Nanoseconds since 1970-01-01T00:00:00Z.
    /// - Throws: What the source throws; then nothing has changed, and the next interval is longer.
    mutating func sample(at now: Int64) throws -> Sample {
        let drain = try source.drain()
        let interval = Interval(start: start, end: schedule.end(from: start, drainedAt: now))
        start = interval.end
        var sample = Sample(drain, number: source.state.pending ?? source.state.committed + 1)
        let isDue = lastBatchEnd.map { interval.end - $0 >= TickSchedule.minute } ?? true
        guard !drain.flows.isEmpty || !drain.losses.isEmpty || isDue else { return sample }
        namer.beginDrain()
        var rest = drain.flows[...]
        repeat {
            let isFirst = rest.count == drain.flows.count
            var batch = FlowBatch(source: identity.source, sequence: sequence + 1, interval: interval)
            batch.region = identity.region
            batch.zone = identity.zone
            batch.losses = isFirst ? drain.losses : []
            batch.maps = isFirst ? drain.maps : []
            add(rest.prefix(flowsPerBatch), to: &batch)
            rest = rest.dropFirst(flowsPerBatch)
            // What breaks a limit is counted all the same: the ledger sees that it is missing.
            running += batch.totals
            batch.running = running
            do {
                sample.batches.append(try PackedBatch(batch))
                sequence = batch.sequence
                lastBatchEnd = interval.end
            } catch {
                sample.unsendable += batch.totals
                sample.reasons.append(String(describing: error))
            }
        } while !rest.isEmpty
        return sample
    }

    private mutating func add(_ flows: ArraySlice<KernelFlow>, to batch: inout FlowBatch) {
        var indexes: [UInt64: Int] = [:]
        batch.flows.reserveCapacity(flows.count)
        for flow in flows {
            let owner: Int
            if let known = indexes[flow.cgroupID] {
                owner = known
            } else {
                owner = batch.owners.count
                indexes[flow.cgroupID] = owner
                batch.owners.append(namer.owner(of: flow.cgroupID, at: batch.interval.end))
            }
            batch.flows.append(
                Flow(
                    owner: owner,
                    remote: flow.remote,
                    servicePort: flow.servicePort,
                    ipProtocol: flow.ipProtocol,
                    initiator: flow.initiator,
                    viaLoopback: flow.viaLoopback,
                    service: flow.service,
                    counters: flow.counters
                )
            )
        }
    }
}
