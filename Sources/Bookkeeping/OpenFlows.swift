// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// Sums of the flows of one batch of whose other side nobody can say yet who it is, so that the question is kept.
struct OpenFlows {
    private struct Place: Hashable {
        var owner: OwnerIdentity
        var question: PeerJudge.Question
    }

    /// The sums by series.
    private(set) var entries: [Booking.Entry]

    private let judge: PeerJudge
    private var indices: [SeriesKey: Int]
    private var known: [Place: Int] = [:]

    /// No sums yet beside `entries`.
    init(_ judge: PeerJudge, adding entries: [Booking.Entry]) {
        self.judge = judge
        self.entries = entries
        // What was numbered apart may be one series: a flow goes to the first then.
        indices = Dictionary(entries.indices.map { (entries[$0].series, $0) }) { first, _ in first }
    }

    /// Adds a flow's counters to its series.
    mutating func add(_ flow: Flow, of owner: OwnerIdentity) {
        let place = Place(owner: owner, question: PeerJudge.Question(flow))
        if let index = known[place] {
            entries[index].counters += flow.counters
            return
        }
        let series = series(of: owner, judge.openSide(place.question))
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

    private func series(of owner: OwnerIdentity, _ side: OtherSide) -> SeriesKey {
        SeriesKey(
            local: owner.local(from: judge.vantage),
            remote: SeriesKey.Remote(
                trafficClass: TrafficClass(initiator: side.initiator, scope: side.scope),
                network: side.network,
                rule: side.rule,
                nat: side.nat,
                peer: side.peer
            )
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
