// SPDX-License-Identifier: Apache-2.0

/// The name of some addresses, and on which way they are reached.
struct NamedNetwork: Sendable {
    /// A rule of the way, and where it is written.
    struct Step: Sendable {
        var rule: RouteRule
        /// Path of the rule in the configuration, such as `nat[2]`.
        var path: String
        /// True if it is about what is reached over the route to the internet, and about nothing else.
        var onlyInternet: Bool
    }

    /// The name that answers show; empty for addresses without one.
    var name: String
    /// The rules of the way, in the order in which they are asked.
    var steps: [Step]

    /// The way from the node at `vantage`, and the path of the rule that decided; no path if none did.
    ///
    /// - Parameters:
    ///   - beyondTheNetwork: true if the addresses are reached over the route to the internet.
    ///   - translatable: true if a NAT gateway can be on that route, which is for IPv4 and for NAT64.
    func route(
        from vantage: Vantage,
        beyondTheNetwork: Bool,
        translatable: Bool
    ) -> (route: Route, path: String?) {
        let overInternet = beyondTheNetwork && translatable
        for step in steps where !step.onlyInternet || overInternet {
            if step.rule.nodes.contains(vantage) { return (step.rule.route, step.path) }
        }
        return (overInternet ? .assumedNAT : .direct, nil)
    }
}
