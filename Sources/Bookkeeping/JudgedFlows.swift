// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// Sums of the flows of one batch whose other side is judged for itself: the node knows more of a service than its
/// address, or nobody can say yet who it is, and the question is kept.
struct JudgedFlows {
    private struct Place: Hashable {
        var owner: OwnerIdentity
        var question: PeerJudge.Question
        var isOpen: Bool
    }

    /// The sums by series.
    private(set) var entries: [Booking.Entry]

    private let judge: PeerJudge
    /// True if the question is kept for every owner whose peer nobody can name yet.
    private let asks: Bool
    private var indices: [SeriesKey: Int]
    private var known: [Place: Int] = [:]

    /// No sums yet beside `entries`.
    ///
    /// - Parameter asks: true if the question is to be kept for every owner whose peer nobody can name yet.
    init(_ judge: PeerJudge, asks: Bool, adding entries: [Booking.Entry]) {
        self.judge = judge
        self.asks = asks
        self.entries = entries
        // What was numbered apart may be one series: a flow goes to the first then.
        indices = Dictionary(entries.indices.map { (entries[$0].series, $0) }) { first, _ in first }
    }

    /// Adds a flow's counters to its series.
    ///
    /// - Parameter isOpen: true if the question is to be kept.
    mutating func add(_ flow: Flow, of owner: OwnerIdentity, isOpen: Bool) {
        let place = Place(owner: owner, question: PeerJudge.Question(flow), isOpen: isOpen)
        if let index = known[place] {
            entries[index].counters += flow.counters
            return
        }
        let series = series(of: owner, isOpen ? judge.openSide(place.question) : side(of: place.question))
        let index = indices[series, default: entries.count]
        if index == entries.count {
            indices[series] = index
            entries.append(Booking.Entry(series: series, counters: flow.counters))
        } else {
            // Other flows may have come to the same.
            entries[index].counters += flow.counters
        }
        known[place] = index
    }

    private func side(of question: PeerJudge.Question) -> OtherSide {
        guard asks, !question.viaLoopback else { return judge.side(of: question) }
        return judge.side(byObjects: question) ?? judge.openSide(question)
    }

    private func series(of owner: OwnerIdentity, _ side: OtherSide) -> SeriesKey {
        SeriesKey(
            cluster: judge.vantage.cluster,
            node: judge.vantage.node,
            region: judge.vantage.place.region ?? "",
            zone: judge.vantage.place.zone ?? "",
            ownerKind: owner.kind,
            namespace: owner.namespace,
            pod: owner.pod,
            podUID: owner.podUID,
            trafficClass: TrafficClass(initiator: side.initiator, scope: side.scope),
            network: side.network,
            rule: side.rule,
            nat: side.nat,
            workloadKind: owner.workload?.kind ?? "",
            workload: owner.workload?.name ?? "",
            peer: side.peer
        )
    }
}

extension PeerJudge.Question {
    /// What is asked about the remote of `flow`.
    init(_ flow: Flow) {
        self.init(
            remote: flow.remote,
            port: flow.initiator == .pod ? .init(flow.ipProtocol, flow.servicePort) : nil,
            initiator: flow.initiator,
            viaLoopback: flow.viaLoopback,
            service: flow.service
        )
    }
}
