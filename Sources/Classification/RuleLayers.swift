// SPDX-License-Identifier: Apache-2.0

import Traffic

/// All that is known about addresses, in two layers: what decides the scope, and what gives the name.
///
/// The layers are ranked lists of prefixes. They are independent, so that a block which the operator placed by
/// a list keeps the name that a network or a feed gives it.
struct RuleLayers {
    /// What can decide the scope; prefixes of `scopePrefixes` index it.
    private(set) var scopes: [ScopeRule] = [.uncovered]
    /// What can give the name; prefixes of `namePrefixes` index it.
    private(set) var networks: [NamedNetwork]
    private(set) var scopePrefixes: [PrefixSweep.Prefix] = []
    private(set) var namePrefixes: [PrefixSweep.Prefix] = []
    /// The scope of addresses that carry an IPv4 address to a NAT64 gateway (RFC 6052).
    private(set) var translated: UInt32 = 0

    private let plan: NetworkPlan
    private let budget: NameBudget

    /// Ranks of the lists that decide the scope; feeds follow.
    private enum Rank {
        static let networks = 5
        static let specialPurpose = 6
        static let feeds = 7
    }

    init(_ plan: NetworkPlan, feeds: [FeedSnapshot], budget: NameBudget) {
        self.plan = plan
        self.budget = budget
        let unnamed = plan.routes.enumerated().filter { $0.element.networks.isEmpty }
        networks = [NamedNetwork(name: "", steps: unnamed.map { Self.step($0.element, number: $0.offset) })]
        add(plan.destinations)
        for (number, network) in plan.networks.enumerated() { add(network, number: number) }
        addSpecialPurpose()
        for feed in feeds { add(feed) }
    }

    private mutating func add(_ destinations: Destinations) {
        for direct in destinations.directClassification {
            let site = Site(region: direct.region, zone: direct.zone)
            add(direct.blocks, rank: 0, .site(site, rule: "direct-classification"))
        }
        add(destinations.internet, rank: 1, .fixed(.internet, rule: "internet"))
        add(destinations.inZone, rank: 2, .fixed(.sameZone, rule: "in-zone"))
        add(destinations.inRegion, rank: 3, .fixed(.sameRegion, rule: "in-region"))
        add(destinations.crossRegion, rank: 4, .fixed(.crossRegion, rule: "cross-region"))
    }

    private mutating func add(_ network: Network, number: Int) {
        if !network.site.isUnstated {
            add(network.blocks, rank: Rank.networks, .site(network.site, rule: "networks"))
        }
        let own = network.routes.enumerated()
            .map {
                NamedNetwork.Step(
                    rule: $0.element,
                    path: "networks[\(number)].via[\($0.offset)]",
                    onlyInternet: false
                )
            }
        let outcome = UInt32(networks.count)
        networks.append(
            NamedNetwork(name: budget.shown(network.name), steps: own + steps(forNetworkCalled: network.name))
        )
        namePrefixes += network.blocks.map { PrefixSweep.Prefix(block: $0, rank: 0, outcome: outcome) }
    }

    private mutating func addSpecialPurpose() {
        for special in SpecialPurpose.registry {
            guard let block = CIDR(special.block) else { preconditionFailure("not a block: \(special.block)") }
            if let scope = special.scope {
                add([block], rank: Rank.specialPurpose, .fixed(scope, rule: special.rule))
            } else {
                // A rule of its own only because the route differs.
                if special.translatesToIPv4 { translated = UInt32(scopes.count) }
                add([block], rank: Rank.specialPurpose, .uncovered)
            }
        }
    }

    private mutating func add(_ feed: FeedSnapshot) {
        let cloud = ScopeRule.Cloud(feed)
        var outcomes: [(scope: UInt32?, name: UInt32)] = []
        for label in feed.labels {
            var scope: UInt32?
            if let region = label.region, feed.givesScope {
                scope = UInt32(scopes.count)
                scopes.append(.cloud(region: region, cloud))
            }
            outcomes.append((scope, UInt32(networks.count)))
            let shown = budget.shown(label.name)
            networks.append(NamedNetwork(name: shown, steps: steps(forNetworkCalled: label.name)))
        }
        for entry in feed.entries {
            let (scope, name) = outcomes[Int(entry.label)]
            let rank = feed.labels[Int(entry.label)].rank
            if let scope {
                scopePrefixes.append(
                    PrefixSweep.Prefix(block: entry.block, rank: Rank.feeds + rank, outcome: scope)
                )
            }
            namePrefixes.append(PrefixSweep.Prefix(block: entry.block, rank: 1 + rank, outcome: name))
        }
    }

    private mutating func add(_ blocks: [CIDR], rank: Int, _ rule: ScopeRule) {
        let outcome = UInt32(scopes.count)
        scopePrefixes += blocks.map { PrefixSweep.Prefix(block: $0, rank: rank, outcome: outcome) }
        scopes.append(rule)
    }

    /// The rules of `nat` that are about the network `name`, and those about the internet.
    private func steps(forNetworkCalled name: String) -> [NamedNetwork.Step] {
        let named = plan.routes.contains { rule in rule.networks.contains { $0.matches(name) } }
        guard named else { return networks[0].steps }
        return plan.routes.enumerated()
            .filter { $0.element.networks.isEmpty || $0.element.networks.contains { $0.matches(name) } }
            .map { Self.step($0.element, number: $0.offset) }
    }

    private static func step(_ rule: RouteRule, number: Int) -> NamedNetwork.Step {
        NamedNetwork.Step(rule: rule, path: "nat[\(number)]", onlyInternet: rule.networks.isEmpty)
    }
}
