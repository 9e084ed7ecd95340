// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// Where the operator says that a block stands: a region, a zone, or both.
///
/// The names are compared with the node's own:
///
/// | the block's | the node's | scope |
/// |---|---|---|
/// | region and zone | both, the same | `same_zone` |
/// | region and zone | the same region, another zone | `same_region` |
/// | region, with or without zone | another region | `cross_region` |
/// | region and zone | the same region, no zone | `unknown` |
/// | region without zone: a regional service | the same region | `same_region` |
/// | region, with or without zone | no region | `unknown` |
/// | zone without region | no region, the same zone | `same_zone` |
/// | zone without region | anything else | `unknown` |
/// | a name that differs from the node's by letter case only | | `unknown` |
///
/// A block without a zone in the node's own region is a service of the whole region, such as object storage or
/// a database that fails over between zones. It is in the region for certain and in no zone, so it is never
/// `same_zone`. Names are the same letter for letter; see ``Traffic/NameMatch``.
public struct Site: Hashable, Sendable {
    /// Name of the region, or `nil` if it is not stated.
    public let region: String?
    /// Name of the zone, or `nil` if it is not stated.
    public let zone: String?

    /// The site with these names; an empty name is one that is not stated.
    public init(region: String?, zone: String?) {
        self.region = region.flatMap { $0.isEmpty ? nil : $0 }
        self.zone = zone.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// True if neither region nor zone is stated.
    public var isUnstated: Bool {
        region == nil && zone == nil
    }

    /// How far the site is from a node at `local`.
    public func scope(from local: Place) -> Scope {
        guard zone == nil else { return local.scope(to: Place(region: region, zone: zone)) }
        guard let region, let here = local.region else { return .unknown }
        return switch NameMatch(region, here) {
        case .same: .sameRegion
        case .byCaseOnly: .unknown
        case .different: .crossRegion
        }
    }
}
