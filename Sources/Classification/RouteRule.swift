// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// Which nodes reach which networks on which way: one entry of `nat:`, or of a network's `via`.
public struct RouteRule: Hashable, Sendable {
    /// Some of the nodes.
    ///
    /// A node is meant if every list that is not empty holds a pattern that matches its name. A node whose
    /// region or zone is not known is not matched by a list of regions or zones.
    public struct Nodes: Hashable, Sendable {
        /// Names of clusters.
        public var clusters: [NamePattern]
        /// Names of nodes.
        public var names: [NamePattern]
        /// Names of regions.
        public var regions: [NamePattern]
        /// Names of zones.
        public var zones: [NamePattern]

        /// All nodes.
        public static let all = Nodes()

        /// The nodes that these lists mean; an empty list means any.
        public init(
            clusters: [NamePattern] = [],
            names: [NamePattern] = [],
            regions: [NamePattern] = [],
            zones: [NamePattern] = []
        ) {
            self.clusters = clusters
            self.names = names
            self.regions = regions
            self.zones = zones
        }

        /// True if the node at `vantage` is meant.
        public func contains(_ vantage: Vantage) -> Bool {
            func meets(_ patterns: [NamePattern], _ name: String?) -> Bool {
                patterns.isEmpty || patterns.contains { $0.matches(name ?? "") }
            }
            return meets(clusters, vantage.cluster) && meets(names, vantage.node)
                && meets(regions, vantage.place.region) && meets(zones, vantage.place.zone)
        }
    }

    /// The nodes that it is about.
    public var nodes: Nodes
    /// The networks that it is about, by name; empty means whatever is reached over the route to the internet.
    ///
    /// Not used in a network's own rules.
    public var networks: [NamePattern]
    /// The way that the bytes take.
    public var route: Route

    /// `nodes` reach `networks` on `route`.
    public init(nodes: Nodes = .all, networks: [NamePattern] = [], route: Route) {
        self.nodes = nodes
        self.networks = networks
        self.route = route
    }
}
