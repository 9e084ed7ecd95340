// SPDX-License-Identifier: Apache-2.0

/// Where something stands: a region and a zone of it, either of which may be unknown.
///
/// `Place` is deliberately not `Equatable`: two unknown places are not the same place. Ask ``scope(to:)``.
public struct Place: Sendable {
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
    /// Names are compared exactly, letter case included. Zone names are only compared within one region or
    /// where a region is not known on either side, because two clouds may both have a zone `a`.
    ///
    /// - Returns: `.sameZone`, `.sameRegion`, `.crossRegion`, or `.unknown` if the names do not tell.
    public func scope(to other: Place) -> Scope {
        if let region, let otherRegion = other.region {
            guard region == otherRegion else { return .crossRegion }
            guard let zone, let otherZone = other.zone else { return .unknown }
            return zone == otherZone ? .sameZone : .sameRegion
        }
        guard region == nil, other.region == nil else { return .unknown }
        guard let zone, let otherZone = other.zone else { return .unknown }
        return zone == otherZone ? .sameZone : .unknown
    }
}
