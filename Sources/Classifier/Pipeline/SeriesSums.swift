// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// Sums of one batch by series.
///
/// The dimensions of a series are strings, which are slow to hash; so owners and peers are numbered first
/// and the sums are found by those numbers.
struct SeriesSums {
    private let batch: FlowBatch
    private let judge: PeerJudge
    /// True if the peers of owners that wait for their pod cannot be known either, and are to be asked about then.
    private let keepsQuestions: Bool
    /// For each owner of the batch, the first owner of the same series dimensions.
    private let owners: [Int]
    /// The dimensions of each owner of the batch.
    private let identities: [OwnerIdentity]
    private var sides: [OtherSide] = []
    private var numbers: [OtherSide: Int] = [:]
    /// For each ruling, initiator and resolution, the number of the other side, or -1 if none was asked for yet.
    private var sideOfRuling: [Int]
    private var answers: [PeerJudge.Question: Int] = [:]
    /// The same for questions that stay open.
    private var questions: [PeerJudge.Question: Int] = [:]
    /// By the numbers of owner and other side.
    private var sums: PairSums

    private static let variants = Initiator.allCases.count * ServiceResolution.allCases.count

    /// No sums yet.
    ///
    /// - Parameters:
    ///   - inventory: what is known of the batch's cluster; `nil` if nothing is to be known.
    ///   - keepsQuestions: false if there is no room for series that keep what is to be asked about their peers.
    init(batch: FlowBatch, rules: RuleSet, inventory: Inventory?, keepsQuestions: Bool) {
        self.batch = batch
        let told = Place(region: batch.region, zone: batch.zone)
        let node = batch.source.node
        judge = PeerJudge(
            rules: rules,
            inventory: inventory,
            vantage: PeerJudge.vantage(node, of: batch.source.cluster, told: told, inventory),
            interval: batch.interval
        )
        self.keepsQuestions =
            keepsQuestions && inventory.map { !$0.isComplete || !PeerJudge.isPlaced(node, $0) } ?? false
        sums = PairSums(capacity: batch.flows.count)
        sideOfRuling = [Int](repeating: -1, count: rules.rulingCount * Self.variants)
        identities = batch.owners.map { OwnerIdentity($0, inventory: inventory) }
        // Several cgroups may be one owner, for instance the containers of a pod.
        var first: [OwnerIdentity: Int] = [:]
        owners = identities.enumerated()
            .map { index, identity in
                if let known = first[identity] { return known }
                first[identity] = index
                return index
            }
    }

    /// Adds a flow's counters to its series.
    mutating func add(_ flow: Flow) {
        let side: Int
        if keepsQuestions, identities[flow.owner].awaitsItsPod, !flow.viaLoopback {
            side = openSide(of: flow)
        } else {
            side = judge.inventory == nil ? self.side(byRuleOf: flow) : self.side(of: flow)
        }
        sums.add(flow.counters, first: owners[flow.owner], second: side)
    }

    /// The sums by series, in the order of their first appearance.
    var entries: [Booking.Entry] {
        sums.sums.map {
            Booking.Entry(series: series(owner: Int($0.first), side: Int($0.second)), counters: $0.counters)
        }
    }

    /// The number of a flow's other side where nothing is known but rules for its address.
    private mutating func side(byRuleOf flow: Flow) -> Int {
        let ruling = judge.rules.ruling(remote: flow.remote, viaLoopback: flow.viaLoopback)
        let variant = Int(flow.initiator.rawValue) * ServiceResolution.allCases.count + Int(flow.service.rawValue)
        let place = ruling * Self.variants + variant
        if sideOfRuling[place] >= 0 { return sideOfRuling[place] }
        let number = number(of: judge.side(byRule: ruling, of: PeerJudge.Question(flow)))
        sideOfRuling[place] = number
        return number
    }

    /// The number of a flow's other side by the cluster's objects, else by the rules for its address.
    private mutating func side(of flow: Flow) -> Int {
        let question = PeerJudge.Question(flow)
        if let known = answers[question] { return known }
        let number: Int
        if let side = judge.side(byObjects: question) {
            number = self.number(of: side)
        } else {
            number = side(byRuleOf: flow)
        }
        answers[question] = number
        return number
    }

    /// The number of a flow's other side that is to be asked about later.
    private mutating func openSide(of flow: Flow) -> Int {
        let question = PeerJudge.Question(flow)
        if let known = questions[question] { return known }
        let number = number(of: judge.openSide(question))
        questions[question] = number
        return number
    }

    private mutating func number(of side: OtherSide) -> Int {
        if let known = numbers[side] { return known }
        let number = sides.count
        sides.append(side)
        numbers[side] = number
        return number
    }

    private func series(owner ownerNumber: Int, side sideNumber: Int) -> SeriesKey {
        let side = sides[sideNumber]
        let owner = identities[ownerNumber]
        return SeriesKey(
            cluster: batch.source.cluster,
            node: batch.source.node,
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
