// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// Decides how far the remote side of a flow is and what it is called, and says which rule decided.
///
/// The scope, by the first of these that applies:
/// 1. the flow used the loopback interface: `loopback`;
/// 2. the operator's lists (``Destinations``), in their order of precedence;
/// 3. the operator's networks, those with a region or a zone (``Network``);
/// 4. the special-purpose registries: loopback, multicast and broadcast are what they say, and every block
///    that is not globally reachable is `unknown`, because nobody said where it is;
/// 5. the clouds' feeds, for nodes in the same cloud (``FeedSnapshot``);
/// 6. everything else is `internet`.
///
/// What a cluster knows of its own addresses belongs between 2 and 3; ``isDecidedByList(_:)`` tells which
/// rulings it may replace.
///
/// The name, apart from that: by the networks, then by the feeds. The way (``Route``): by the `via` of the
/// network that gives the name, then by the rules of `nat`, then by what is usual.
///
/// A value that never changes: a new configuration is a new rule set. Building one from 100,000 prefixes takes
/// a fraction of a second; a verdict costs nanoseconds and depends little on their number. A ``Rulebook`` holds
/// the rule sets of all times.
///
/// See also: ``NetworkPlan``, ``Verdict``, ``Explanation``.
public struct RuleSet: Sendable {
    /// What is decided about the addresses of a range.
    struct Ruling: Hashable, Sendable {
        /// Index in `scopes`.
        var scope: UInt32
        /// Index in `networks`.
        var network: UInt32
        /// True if a NAT gateway can be on the route to the internet.
        var isTranslatable: Bool
    }

    /// The ruling of flows on the loopback interface.
    static let loopback = 0

    let plan: NetworkPlan
    let feeds: [FeedSnapshot]
    let scopes: [ScopeRule]
    let networks: [NamedNetwork]
    /// By number.
    let rulings: [Ruling]
    private let table: PrefixTable

    /// The rules that follow from `destinations` and the special-purpose registries.
    public init(_ destinations: Destinations) {
        self.init(NetworkPlan(destinations: destinations))
    }

    /// The rules that follow from `plan`, the special-purpose registries and `feeds`.
    ///
    /// - Parameter feeds: at most one edition of each feed, in order of precedence.
    public init(_ plan: NetworkPlan, feeds: [FeedSnapshot] = []) {
        self.init(plan, feeds: feeds, budget: NameBudget(plan, feeds: feeds))
    }

    init(_ plan: NetworkPlan, feeds: [FeedSnapshot], budget: NameBudget) {
        self.plan = plan
        self.feeds = feeds
        let layers = RuleLayers(plan, feeds: feeds, budget: budget)
        var numbering = RulingNumbers(scopeOfLoopback: UInt32(layers.scopes.count), translated: layers.translated)
        let ranges = PrefixSweep.Family.allCases.map { family in
            numbering.merge(
                PrefixSweep(layers.scopePrefixes, family: family, uncovered: 0).boundaries,
                PrefixSweep(layers.namePrefixes, family: family, uncovered: 0).boundaries,
                family: family
            )
        }
        scopes = layers.scopes + [.fixed(.loopback, rule: "loopback-interface")]
        networks = layers.networks
        rulings = numbering.rulings
        table = PrefixTable(v4: ranges[0], v6: ranges[1])
    }

    /// What is decided about `remote` for a node at `local`, whose name is not known.
    ///
    /// - Parameters:
    ///   - remote: the address at the other side of the flow.
    ///   - viaLoopback: true if the flow's packets used the loopback interface.
    ///   - local: where the metered side stands, as far as it is known.
    public func verdict(remote: IPAddress, viaLoopback: Bool, local: Place) -> Verdict {
        verdict(remote: remote, viaLoopback: viaLoopback, from: Vantage(place: local))
    }

    /// What is decided about `remote` for the node at `vantage`.
    public func verdict(remote: IPAddress, viaLoopback: Bool, from vantage: Vantage) -> Verdict {
        verdict(of: ruling(remote: remote, viaLoopback: viaLoopback), from: vantage)
    }

    /// The number of what decides about `remote`, 0..<``rulingCount``.
    ///
    /// Many flows from one node are classified fastest so: a ruling a flow, and the verdict of each ruling once.
    public func ruling(remote: IPAddress, viaLoopback: Bool) -> Int {
        viaLoopback ? Self.loopback : Int(table.outcome(of: remote))
    }

    /// The number of the ruling of flows on the loopback interface.
    public var loopbackRuling: Int {
        Self.loopback
    }

    /// How many rulings there are.
    public var rulingCount: Int {
        rulings.count
    }

    /// The verdict of the ruling `number`, for the node at `vantage`.
    public func verdict(of number: Int, from vantage: Vantage) -> Verdict {
        let ruling = rulings[number]
        let rule = scopes[Int(ruling.scope)]
        let network = networks[Int(ruling.network)]
        let decision = rule.decide(from: vantage.place)
        let way = network.route(
            from: vantage,
            beyondTheNetwork: rule.isBeyondTheNetwork,
            translatable: ruling.isTranslatable
        )
        return Verdict(scope: decision.scope, rule: decision.rule, network: network.name, route: way.route)
    }

    /// Where the ruling `number` says that the remote side is, to the node at `vantage`; unknown if it does not.
    public func place(of number: Int, from vantage: Vantage) -> Place {
        scopes[Int(rulings[number].scope)].place(from: vantage.place)
    }

    /// True if the ruling `number` is of the loopback interface or of the operator's lists.
    ///
    /// Where it is not, what a cluster knows of its own addresses decides before the ruling.
    public func isDecidedByList(_ number: Int) -> Bool {
        switch scopes[Int(rulings[number].scope)] {
        case .fixed(_, let rule): Self.lists.contains(rule)
        case .site(_, let rule): rule == "direct-classification"
        case .cloud: false
        }
    }

    private static let lists: Set = ["loopback-interface", "internet", "in-zone", "in-region", "cross-region"]

    /// True if a rule of the way names nodes: two that stand at the same place may be given different verdicts then.
    public var dependsOnNode: Bool {
        networks.contains { $0.steps.contains { !$0.rule.nodes.names.isEmpty } }
    }

    /// Bytes of memory that the lookup structure takes.
    public var tableByteCount: Int {
        table.byteCount
    }
}
