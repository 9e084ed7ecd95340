// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// Something about a configuration that is allowed and probably not meant.
public enum RuleWarning: Hashable, Sendable, CustomStringConvertible {
    /// Names of regions that differ in letter case only: they never match each other.
    case regionsDifferByCase([String])
    /// Names of zones that differ in letter case only: they never match each other.
    case zonesDifferByCase([String])
    /// A rule of `nat` that is about networks which neither the configuration nor a feed names.
    case routeWithoutNetwork(rule: String, pattern: String)
    /// More names of networks than there is room for; the rest is called ``Network/other``.
    case tooManyNames(limit: Int, names: Int)

    /// The warning as a sentence.
    public var description: String {
        switch self {
        case .regionsDifferByCase(let names):
            "the regions \(Self.list(names)) differ by letter case only, so they are unknown to each other"
        case .zonesDifferByCase(let names):
            "the zones \(Self.list(names)) differ by letter case only, so they are unknown to each other"
        case .routeWithoutNetwork(let rule, let pattern):
            "\(rule) is about the network \"\(pattern)\", which no entry of networks and no feed names"
        case .tooManyNames(let limit, let names):
            "there are \(names) names of networks; all but \(limit) are called \"\(Network.other)\" (max-network-names)"
        }
    }

    private static func list(_ names: [String]) -> String {
        names.map { "\"\($0)\"" }.joined(separator: " and ")
    }
}

extension Rulebook {
    /// What is allowed in the configuration and probably not meant, for a person to read.
    ///
    /// - Parameter nodes: where the nodes that are known stand; their names are compared with those of the
    ///   configuration and the feeds.
    public func warnings(nodes: [Place] = []) -> [RuleWarning] {
        let direct = plan.destinations.directClassification
        let rules = plan.routes + plan.networks.flatMap(\.routes)
        let patterns = { (patterns: [NamePattern]) in patterns.filter(\.isLiteral).map(\.text) }
        let regions =
            direct.compactMap(\.region) + plan.networks.compactMap(\.site.region) + nodes.compactMap(\.region)
            + rules.flatMap { patterns($0.nodes.regions) }
            + current.feeds.filter(\.givesScope).flatMap { $0.labels.compactMap(\.region) }
        let zones =
            direct.compactMap(\.zone) + plan.networks.compactMap(\.site.zone) + nodes.compactMap(\.zone)
            + rules.flatMap { patterns($0.nodes.zones) }
        var warnings =
            Self.spelledTwice(regions).map(RuleWarning.regionsDifferByCase)
            + Self.spelledTwice(zones).map(RuleWarning.zonesDifferByCase)
        let names = Set(plan.networks.map(\.name) + current.feeds.flatMap { $0.labels.map(\.name) })
        for (number, rule) in plan.routes.enumerated() {
            for pattern in rule.networks where !names.contains(where: pattern.matches) {
                warnings.append(.routeWithoutNetwork(rule: "nat[\(number)]", pattern: pattern.text))
            }
        }
        if budget.isExceeded { warnings.append(.tooManyNames(limit: plan.maxNames, names: budget.wanted)) }
        return warnings
    }

    /// Groups of names that differ by letter case only, each in order, by their first.
    private static func spelledTwice(_ names: [String]) -> [[String]] {
        Dictionary(grouping: Set(names), by: { $0.lowercased() })
            .values
            .filter { $0.count > 1 }
            .map { $0.sorted() }
            .sorted { $0[0] < $1[0] }
    }
}
