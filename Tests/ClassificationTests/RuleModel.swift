// SPDX-License-Identifier: Apache-2.0
import Classification
import TestSupport
import Traffic

/// What a rule set must answer, by asking every list in turn: slow, plain, and written apart from the product.
struct RuleModel {
    private static let registries = RuleSet(Destinations())
    private static let nat64 = CIDR("64:ff9b::/96")

    var plan: NetworkPlan
    var feeds: [FeedSnapshot]

    func verdict(_ remote: IPAddress, from vantage: Vantage) -> Verdict {
        let name = self.name(of: remote)
        let (scope, rule, isOutside) = self.scope(of: remote, from: vantage.place)
        let isNAT64 = Self.nat64?.contains(remote) == true && rule == "default"
        let overInternet = isOutside && (remote.isIPv4 || isNAT64)
        return Verdict(
            scope: scope,
            rule: rule,
            network: name.name,
            route: route(name.name, own: name.routes, from: vantage, overInternet: overInternet)
        )
    }

    /// The block among `candidates` that holds `remote` and is longest; the first of equals.
    private func longest<Value>(_ candidates: [(CIDR, Value)], _ remote: IPAddress) -> Value? {
        var best: (length: Int, value: Value)?
        for (block, value) in candidates where block.contains(remote) && block.prefixLength > (best?.length ?? -1) {
            best = (block.prefixLength, value)
        }
        return best?.value
    }

    /// The blocks of the feeds with their labels, by the labels' ranks.
    private func ranked(_ remote: IPAddress, where isMeant: (FeedSnapshot, FeedSnapshot.Label) -> Bool)
        -> (FeedSnapshot, FeedSnapshot.Label)?
    {
        for rank in 0..<6 {
            let candidates = feeds.flatMap { feed in
                feed.entries
                    .map { ($0.block, (feed, feed.labels[Int($0.label)])) }
                    .filter { $0.1.1.rank == rank && isMeant(feed, $0.1.1) }
            }
            if let found = longest(candidates, remote) { return found }
        }
        return nil
    }

    private func name(of remote: IPAddress) -> (name: String, routes: [RouteRule]) {
        let networks = plan.networks.flatMap { network in network.blocks.map { ($0, network) } }
        if let network = longest(networks, remote) { return (network.name, network.routes) }
        return (ranked(remote) { _, _ in true }?.1.name ?? "", [])
    }

    private func scope(of remote: IPAddress, from local: Place) -> (Scope, String, isOutside: Bool) {
        let lists = plan.destinations
        let direct = lists.directClassification.flatMap { entry in entry.blocks.map { ($0, entry) } }
        if let entry = longest(direct, remote) {
            return (near(entry.region, entry.zone, local), "direct-classification", false)
        }
        let simple: [([CIDR], Scope, String)] = [
            (lists.internet, .internet, "internet"), (lists.inZone, .sameZone, "in-zone"),
            (lists.inRegion, .sameRegion, "in-region"), (lists.crossRegion, .crossRegion, "cross-region"),
        ]
        for (blocks, scope, rule) in simple where blocks.contains(where: { $0.contains(remote) }) {
            return (scope, rule, scope == .internet)
        }
        let placed = plan.networks.filter { !$0.site.isUnstated }
            .flatMap { network in network.blocks.map { ($0, network.site) } }
        if let site = longest(placed, remote) { return (near(site.region, site.zone, local), "networks", false) }
        // The registries have a test of their own; here they only have to stand in their place.
        let special = Self.registries.verdict(remote: remote, viaLoopback: false, local: .unknown)
        if special.rule != "default" { return (special.scope, special.rule, false) }
        if Self.nat64?.contains(remote) == true { return (.internet, "default", true) }
        if let (feed, label) = ranked(remote, where: { $0.givesScope && $1.region != nil }), let here = local.region {
            let regions = feed.labels.compactMap(\.region)
            let rule = "feed:\(feed.feed)"
            if here == label.region { return (.sameRegion, rule, true) }
            if regions.contains(here) { return (.crossRegion, rule, true) }
            if regions.contains(where: { $0.lowercased() == here.lowercased() }) { return (.unknown, rule, true) }
        }
        return (.internet, "default", true)
    }

    /// The table of `Site`, in words.
    private func near(_ region: String?, _ zone: String?, _ local: Place) -> Scope {
        func alike(_ a: String, _ b: String) -> Bool { a.lowercased() == b.lowercased() }
        if let region {
            guard let here = local.region else { return .unknown }
            guard region == here else { return alike(region, here) ? .unknown : .crossRegion }
            guard let zone else { return .sameRegion }
            guard let mine = local.zone else { return .unknown }
            return zone == mine ? .sameZone : alike(zone, mine) ? .unknown : .sameRegion
        }
        guard local.region == nil, let zone, let mine = local.zone else { return .unknown }
        return zone == mine ? .sameZone : .unknown
    }

    private func route(
        _ name: String,
        own: [RouteRule],
        from vantage: Vantage,
        overInternet: Bool
    ) -> Route {
        func isMeant(_ nodes: RouteRule.Nodes) -> Bool {
            [
                (nodes.clusters, vantage.cluster), (nodes.names, vantage.node),
                (nodes.regions, vantage.place.region ?? ""), (nodes.zones, vantage.place.zone ?? ""),
            ]
            .allSatisfy { patterns, name in patterns.isEmpty || patterns.contains { $0.matches(name) } }
        }
        if let rule = own.first(where: { isMeant($0.nodes) }) { return rule.route }
        for rule in plan.routes where isMeant(rule.nodes) {
            let applies = rule.networks.isEmpty ? overInternet : rule.networks.contains { $0.matches(name) }
            if applies { return rule.route }
        }
        return overInternet ? .assumedNAT : .direct
    }
}

extension RuleModel {
    private static let regions = ["r1", "r2", "R1", "r3"]
    private static let zones = ["a", "b", "A"]

    /// A configuration in which everything overlaps.
    static func random(using random: inout SeededRandom) -> RuleModel {
        func some<Value>(_ range: ClosedRange<Int>, _ make: (inout SeededRandom) -> Value) -> [Value] {
            (0..<Int.random(in: range, using: &random)).map { _ in make(&random) }
        }
        func maybe(_ names: [String], _ random: inout SeededRandom) -> String? {
            Bool.random(using: &random) ? names.randomElement(using: &random) : nil
        }
        func patterns(_ names: [String], _ random: inout SeededRandom) -> [NamePattern] {
            maybe(names, &random).map { [NamePattern($0)] } ?? []
        }
        func rule(_ named: Bool, _ random: inout SeededRandom) -> RouteRule {
            RouteRule(
                nodes: RouteRule.Nodes(
                    clusters: patterns(["c1", "c*"], &random),
                    names: patterns(["n1", "n*", "*2"], &random),
                    regions: patterns(regions, &random),
                    zones: patterns(zones + ["*"], &random)
                ),
                networks: named ? patterns(["net-*", "net-1", "aws*", "x"], &random) : [],
                route: [.nat, .direct, .endpoint].randomElement(using: &random) ?? .nat
            )
        }
        func blocks(_ random: inout SeededRandom) -> [CIDR] {
            (0..<Int.random(in: 0...6, using: &random)).map { _ in block(using: &random) }
        }
        var plan = NetworkPlan()
        plan.destinations.directClassification = some(0...3) { random in
            .init(region: maybe(regions, &random), zone: maybe(zones, &random), blocks: blocks(&random))
        }
        plan.destinations.internet = Bool.random(using: &random) ? blocks(&random) : []
        plan.destinations.inZone = Bool.random(using: &random) ? blocks(&random) : []
        plan.destinations.inRegion = Bool.random(using: &random) ? blocks(&random) : []
        plan.destinations.crossRegion = Bool.random(using: &random) ? blocks(&random) : []
        plan.networks = some(0...4) { random in
            Network(
                name: "net-\(Int.random(in: 0..<3, using: &random))",
                blocks: blocks(&random),
                site: Site(region: maybe(regions, &random), zone: maybe(zones, &random)),
                routes: (0..<Int.random(in: 0...2, using: &random)).map { _ in rule(false, &random) }
            )
        }
        plan.routes = some(0...3) { rule(true, &$0) }
        let feeds = ["aws", "azure", "google"].prefix(Int.random(in: 0...3, using: &random))
            .map { name in
                let labels = (0..<4)
                    .map { number in
                        FeedSnapshot.Label(
                            name: "\(name)-\(number)",
                            region: maybe(regions, &random),
                            rank: Int.random(in: 0...4, using: &random)
                        )
                    }
                let entries = (0..<Int.random(in: 0...12, using: &random))
                    .map { _ in
                        FeedSnapshot.Entry(
                            block: block(using: &random),
                            label: Int32.random(in: 0..<4, using: &random)
                        )
                    }
                return FeedSnapshot(
                    feed: name,
                    edition: "1",
                    validFrom: 0,
                    givesScope: Int.random(in: 0..<4, using: &random) > 0,
                    labels: labels,
                    entries: entries
                )
            }
        return RuleModel(plan: plan, feeds: feeds)
    }

    /// A block in one of a few crowded corners: public, private, link-local, NAT64.
    private static func block(using random: inout SeededRandom) -> CIDR {
        let corners = ["52.16.0.0", "10.0.0.0", "169.254.0.0", "2600:1f18::", "fd00::", "64:ff9b::3410:0", "0.0.0.0"]
        let corner = corners.randomElement(using: &random).flatMap { IPAddress($0) } ?? IPAddress(bits: 0)
        let free = Int.random(in: 0...min(24, corner.width), using: &random)
        let noise = UInt128(random.next() & 0xff_00ff)
        guard let block = CIDR(IPAddress(bits: corner.bits | noise), prefixLength: corner.width - free) else {
            preconditionFailure("\(corner) has no block of \(free) free bits")
        }
        return block
    }

    /// Addresses at and around the borders of every block.
    func probes(using random: inout SeededRandom) -> [IPAddress] {
        let lists = plan.destinations
        let blocks =
            lists.directClassification.flatMap(\.blocks) + lists.internet + lists.inZone + lists.inRegion
            + lists.crossRegion + plan.networks.flatMap(\.blocks) + feeds.flatMap { $0.entries.map(\.block) }
        return blocks.flatMap { block in
            let size = UInt128(1) << UInt128(block.base.width - block.prefixLength)
            return [
                block.base.bits &- 1, block.base.bits, block.base.bits + UInt128(random.next()) % size,
                block.base.bits + size - 1, block.base.bits &+ size,
            ]
            .map(IPAddress.init(bits:))
        }
    }
}
