// SPDX-License-Identifier: Apache-2.0

/// Where something stands: a region and a zone of it, either of which may be unknown.
///
/// `Place` is deliberately not `Equatable`: two unknown places are not the same place. Ask ``scope(to:)``.
public struct Place: Hashable, Sendable {
    /// The region's name, or `nil` if it is unknown.
    ///
    /// Never empty.
    public let region: String?
    /// The zone's name, or `nil` if it is unknown.
    ///
    /// Never empty.
    public let zone: String?

    /// A place nothing is known about.
    public static let unknown = Place(region: nil, zone: nil)

    /// The place with these names; an empty name means unknown.
    public init(region: String?, zone: String?) {
        self.region = region.flatMap { $0.isEmpty ? nil : $0 }
        self.zone = zone.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// How far `other` is, from what is known for certain of both.
    ///
    /// Names are compared exactly, letter case included; names that differ by case only tell nothing
    /// (``NameMatch``). Zone names are only compared within one region or where a region is not known on either
    /// side, because two clouds may both have a zone `a`.
    ///
    /// - Returns: `.sameZone`, `.sameRegion`, `.crossRegion`, or `.unknown` if the names do not tell.
    public func scope(to other: Place) -> Scope {
        switch (region, other.region) {
        case (let region?, let otherRegion?):
            switch NameMatch(region, otherRegion) {
            case .different: return .crossRegion
            case .byCaseOnly: return .unknown
            case .same: return scope(toZone: other.zone, elsewhere: .sameRegion)
            }
        case (nil, nil): return scope(toZone: other.zone, elsewhere: .unknown)
        default: return .unknown
        }
    }

    /// The scope by zone, where the regions do not decide; `elsewhere` if the zones differ.
    private func scope(toZone other: String?, elsewhere: Scope) -> Scope {
        guard let zone, let other else { return .unknown }
        return switch NameMatch(zone, other) {
        case .same: .sameZone
        case .byCaseOnly: .unknown
        case .different: elsewhere
        }
    }
}
