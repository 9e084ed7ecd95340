// SPDX-License-Identifier: Apache-2.0

import Traffic

/// A way to decide the scope of the addresses it holds.
enum ScopeRule: Sendable {
    /// The same scope from everywhere.
    case fixed(Scope, rule: String)
    /// By the names of region and zone.
    case site(Site, rule: String)
    /// By the region, for nodes in the cloud that published it.
    case cloud(region: String, Cloud)

    /// A cloud, as far as its feed tells.
    final class Cloud: Sendable {
        /// The rule's name.
        let rule: String
        private let regions: Set<String>
        private let lowercased: Set<String>

        /// The cloud of `snapshot`.
        init(_ snapshot: FeedSnapshot) {
            rule = "feed:\(snapshot.feed)"
            regions = Set(snapshot.labels.compactMap(\.region))
            lowercased = Set(regions.map { $0.lowercased() })
        }

        /// How far its `region` is from `local`; `nil` if the node is not in this cloud, or not known to be.
        func scope(of region: String, from local: Place) -> Scope? {
            guard let here = local.region else { return nil }
            if here == region { return .sameRegion }
            if regions.contains(here) { return .crossRegion }
            // The node is in this cloud, but its region is spelled as the cloud does not spell it.
            return lowercased.contains(here.lowercased()) ? .unknown : nil
        }
    }

    /// The scope of what no other rule holds.
    static let uncovered = ScopeRule.fixed(.internet, rule: "default")

    /// Scope and name of the rule, for a node at `local`.
    func decide(from local: Place) -> (scope: Scope, rule: String) {
        switch self {
        case .fixed(let scope, let rule): (scope, rule)
        case .site(let site, let rule): (site.scope(from: local), rule)
        case .cloud(let region, let cloud):
            if let scope = cloud.scope(of: region, from: local) {
                (scope, cloud.rule)
            } else {
                (.internet, "default")
            }
        }
    }

    /// Where the addresses are, as far as the rule says so to a node at `local`.
    func place(from local: Place) -> Place {
        switch self {
        case .fixed: .unknown
        case .site(let site, _): Place(region: site.region, zone: site.zone)
        case .cloud(let region, let cloud):
            cloud.scope(of: region, from: local) == nil ? .unknown : Place(region: region, zone: nil)
        }
    }

    /// True if the addresses are reached over the route to the internet, however near they are.
    var isBeyondTheNetwork: Bool {
        switch self {
        case .fixed(let scope, _): scope == .internet
        case .site: false
        case .cloud: true
        }
    }
}
