// SPDX-License-Identifier: Apache-2.0

public import Traffic

extension RuleSet {
    /// Why the verdict about `remote`, for the node at `vantage`, is what it is.
    ///
    /// Reads every list from end to end, so it takes about a millisecond for 100,000 prefixes; the verdict is
    /// the one that ``verdict(remote:viaLoopback:from:)`` finds.
    public func explain(remote: IPAddress, viaLoopback: Bool, from vantage: Vantage) -> Explanation {
        let ruling = rulings[ruling(remote: remote, viaLoopback: viaLoopback)]
        let verdict = verdict(remote: remote, viaLoopback: viaLoopback, from: vantage)
        let rule = scopes[Int(ruling.scope)]
        let way = networks[Int(ruling.network)]
            .route(
                from: vantage,
                beyondTheNetwork: rule.isBeyondTheNetwork,
                translatable: ruling.isTranslatable
            )
        var explanation = Explanation(verdict: verdict, routeRule: way.path, overruled: [])
        guard !viaLoopback else { return explanation }
        var search = EntrySearch(remote)
        search.look(through: plan)
        for feed in feeds { search.look(through: feed) }
        explanation.networkEntry = search.nameEntries.first
        var candidates = search.scopeEntries
        // A registry's entry for addresses that are globally reachable, or a cloud that the node is not in,
        // holds the address and leaves the scope to the default.
        if candidates.first?.rule == verdict.rule { explanation.scopeEntry = candidates.removeFirst() }
        explanation.overruled = candidates
        return explanation
    }
}

/// The entries of all lists that hold an address, found by looking at each.
private struct EntrySearch {
    private struct Found {
        var rank: Int
        var number: Int
        var entry: Explanation.Entry
    }

    private let address: IPAddress
    private var forScope: [Found] = []
    private var forName: [Found] = []

    init(_ address: IPAddress) {
        self.address = address
    }

    /// Entries that can decide the scope, by precedence.
    var scopeEntries: [Explanation.Entry] {
        Self.ordered(forScope)
    }

    /// Entries that can give the name, by precedence.
    var nameEntries: [Explanation.Entry] {
        Self.ordered(forName)
    }

    private static func ordered(_ found: [Found]) -> [Explanation.Entry] {
        found
            .sorted { left, right in
                if left.rank != right.rank { return left.rank < right.rank }
                let (a, b) = (left.entry.block.prefixLength, right.entry.block.prefixLength)
                return a != b ? a > b : left.number < right.number
            }
            .map(\.entry)
    }

    mutating func look(through plan: NetworkPlan) {
        let destinations = plan.destinations
        for (number, direct) in destinations.directClassification.enumerated() {
            look(
                through: direct.blocks,
                rank: 0,
                rule: "direct-classification",
                place: "destinations.direct-classification[\(number)].ips"
            )
        }
        let lists = [
            ("internet", destinations.internet), ("in-zone", destinations.inZone),
            ("in-region", destinations.inRegion), ("cross-region", destinations.crossRegion),
        ]
        for (rank, (rule, blocks)) in lists.enumerated() {
            look(through: blocks, rank: 1 + rank, rule: rule, place: "destinations.\(rule)")
        }
        for (number, network) in plan.networks.enumerated() {
            for (index, block) in network.blocks.enumerated() where block.contains(address) {
                let entry = Explanation.Entry(
                    rule: "networks",
                    place: "networks[\(number)].cidrs[\(index)]",
                    block: block,
                    network: network.name
                )
                forName.append(Found(rank: 0, number: forName.count, entry: entry))
                guard !network.site.isUnstated else { continue }
                forScope.append(Found(rank: 5, number: forScope.count, entry: entry))
            }
        }
        for special in SpecialPurpose.registry {
            guard let block = CIDR(special.block), block.contains(address) else { continue }
            let entry = Explanation.Entry(rule: special.rule, place: special.rule, block: block)
            forScope.append(Found(rank: 6, number: forScope.count, entry: entry))
        }
    }

    private mutating func look(through blocks: [CIDR], rank: Int, rule: String, place: String) {
        for (index, block) in blocks.enumerated() where block.contains(address) {
            let entry = Explanation.Entry(rule: rule, place: "\(place)[\(index)]", block: block)
            forScope.append(Found(rank: rank, number: forScope.count, entry: entry))
        }
    }

    mutating func look(through feed: FeedSnapshot) {
        for candidate in feed.entries where candidate.block.contains(address) {
            let label = feed.labels[Int(candidate.label)]
            let entry = Explanation.Entry(
                rule: "feed:\(feed.feed)",
                place: "\(feed.feed) \(feed.edition)" + (feed.source.isEmpty ? "" : " (\(feed.source))"),
                block: candidate.block,
                network: label.name
            )
            forName.append(Found(rank: 1 + label.rank, number: forName.count, entry: entry))
            guard feed.givesScope, label.region != nil else { continue }
            forScope.append(Found(rank: 7 + label.rank, number: forScope.count, entry: entry))
        }
    }
}
