// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// What was decided about a flow's remote side, and by which rule.
public struct Verdict: Hashable, Sendable {
    /// How far the remote side is.
    public var scope: Scope
    /// The rule that decided.
    ///
    /// One of `loopback-interface`; a configuration key (`direct-classification`, `internet`, `in-zone`,
    /// `in-region`, `cross-region`); `special-purpose:` and the registry entry's name in kebab case, for
    /// instance `special-purpose:private-use`; or `default`, which is internet.
    public var rule: String
    /// Name of the network the remote side belongs to; empty if it has none.
    public var network: String

    /// The verdict `scope`, reached by `rule`.
    public init(scope: Scope, rule: String, network: String = "") {
        self.scope = scope
        self.rule = rule
        self.network = network
    }
}
