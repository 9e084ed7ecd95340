// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// What was decided about a flow's remote side, and by which rule.
///
/// Scope, rule and network are dimensions of the ledger, so each has few values: the rules are those below, and
/// the names of networks are limited by ``NetworkPlan/maxNames``. Which entry of a list decided is for
/// ``RuleSet/explain(remote:viaLoopback:from:)`` to say.
public struct Verdict: Hashable, Sendable {
    /// How far the remote side is.
    public var scope: Scope
    /// The rule that decided.
    ///
    /// One of `loopback-interface`; a configuration key (`direct-classification`, `internet`, `in-zone`,
    /// `in-region`, `cross-region`, `networks`); `special-purpose:` and the registry entry's name in kebab case,
    /// for instance `special-purpose:private-use`; `feed:` and the feed's name; or `default`, which is internet.
    public var rule: String
    /// Name of the network the remote side belongs to; empty if it has none.
    ///
    /// It does not depend on the rule: an address that a list places keeps the name that a network or a feed
    /// gives it.
    public var network: String
    /// The way that bytes to the remote side take, if the node's side started the flow.
    public var route: Route

    /// The verdict `scope`, reached by `rule`.
    public init(scope: Scope, rule: String, network: String = "", route: Route = .direct) {
        self.scope = scope
        self.rule = rule
        self.network = network
        self.route = route
    }
}
