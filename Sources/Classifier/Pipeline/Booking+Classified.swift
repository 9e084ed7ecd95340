// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

extension Booking {
    /// The bytes of `batch` by series, each flow classified by `rules`.
    ///
    /// Flows that fall in the same series are summed, in the order of their first appearance. Flows without
    /// any bytes or packets make no entry.
    init(classifying batch: FlowBatch, with rules: RuleSet) {
        var sums = SeriesSums(batch: batch, rules: rules)
        for flow in batch.flows where !flow.counters.isZero {
            sums.add(flow)
        }
        self.init(
            source: batch.source,
            sequence: batch.sequence,
            interval: batch.interval,
            entries: sums.entries,
            losses: batch.losses,
            records: batch.flows.count
        )
    }
}

/// Sums of one batch by series.
///
/// The dimensions of a series are strings, which are slow to hash; so owners and verdicts are numbered first
/// and the sums are found by those numbers.
private struct SeriesSums {
    /// What a verdict depends on within one batch.
    private struct Remote: Hashable {
        var address: IPAddress
        var viaLoopback: Bool
    }

    /// What makes two flows of one batch the same series.
    private struct Key: Hashable {
        var owner: Int
        var verdict: Int
        var initiator: Initiator
    }

    private let batch: FlowBatch
    private let rules: RuleSet
    private let place: Place
    /// For each owner of the batch, the first owner of the same series dimensions.
    private let owners: [Int]
    private var verdicts: [Verdict] = []
    private var numbers: [Verdict: Int] = [:]
    private var cache: [Remote: Int] = [:]
    private var indices: [Key: Int] = [:]
    private(set) var entries: [Booking.Entry] = []

    init(batch: FlowBatch, rules: RuleSet) {
        self.batch = batch
        self.rules = rules
        place = Place(region: batch.region, zone: batch.zone)
        // Several cgroups may be one owner, for instance the containers of a pod.
        var first: [Identity: Int] = [:]
        owners = batch.owners.enumerated()
            .map { index, owner in
                let identity = Identity(owner)
                if let known = first[identity] { return known }
                first[identity] = index
                return index
            }
    }

    mutating func add(_ flow: Flow) {
        let remote = Remote(address: flow.remote, viaLoopback: flow.viaLoopback)
        let verdict = cache[remote] ?? classify(remote)
        let key = Key(owner: owners[flow.owner], verdict: verdict, initiator: flow.initiator)
        if let index = indices[key] {
            entries[index].counters += flow.counters
        } else {
            indices[key] = entries.count
            entries.append(Booking.Entry(series: series(of: key), counters: flow.counters))
        }
    }

    private mutating func classify(_ remote: Remote) -> Int {
        let verdict = rules.verdict(remote: remote.address, viaLoopback: remote.viaLoopback, local: place)
        let number: Int
        if let known = numbers[verdict] {
            number = known
        } else {
            number = verdicts.count
            verdicts.append(verdict)
            numbers[verdict] = number
        }
        cache[remote] = number
        return number
    }

    private func series(of key: Key) -> SeriesKey {
        let verdict = verdicts[key.verdict]
        let owner = Identity(batch.owners[key.owner])
        return SeriesKey(
            cluster: batch.source.cluster,
            node: batch.source.node,
            region: batch.region,
            zone: batch.zone,
            ownerKind: owner.kind,
            namespace: owner.namespace,
            pod: owner.pod,
            podUID: owner.podUID,
            trafficClass: TrafficClass(initiator: key.initiator, scope: verdict.scope),
            network: verdict.network,
            rule: verdict.rule
        )
    }

    /// The part of an owner that is a dimension of its series.
    private struct Identity: Hashable {
        var kind: Owner.Kind
        var namespace: String
        var pod: String
        var podUID: String

        /// An unattributed owner keeps only its reason, as the pod's name.
        init(_ owner: Owner) {
            kind = owner.kind
            pod = owner.pod
            namespace = owner.kind == .unattributed ? "" : owner.namespace
            podUID = owner.kind == .unattributed ? "" : owner.podUID
        }
    }
}
