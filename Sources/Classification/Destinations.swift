// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// What the operator says about remote addresses: the `destinations:` of the classifier's configuration.
///
/// The lists are asked in this order, and the first list that holds the address decides:
/// `direct-classification`, `internet`, `in-zone`, `in-region`, `cross-region`. Inside a list the longest
/// prefix decides. So a short prefix in an earlier list beats a long one in a later list.
public struct Destinations: Sendable, Equatable {
    /// Blocks whose place is known by name: one entry of `direct-classification`.
    ///
    /// The entry's place is compared with the node's as ``Site`` tells: an entry without a zone is a service of
    /// its whole region, so in the node's region it is `same_region`.
    public struct Direct: Sendable, Equatable {
        /// Name of the region, or `nil` if it is not stated.
        public var region: String?
        /// Name of the zone, or `nil` if it is not stated.
        public var zone: String?
        /// The blocks that stand there.
        public var blocks: [CIDR]

        /// `blocks` stand in `zone` of `region`.
        public init(region: String?, zone: String?, blocks: [CIDR]) {
            self.region = region
            self.zone = zone
            self.blocks = blocks
        }
    }

    /// `direct-classification`: blocks with the name of their region and zone.
    ///
    /// Where two entries list the same block, the first one counts.
    public var directClassification: [Direct]
    /// `internet`: blocks that are booked as internet, whatever the special-purpose registries say.
    public var internet: [CIDR]
    /// `in-zone`: blocks in the zone of every node.
    public var inZone: [CIDR]
    /// `in-region`: blocks in the region of every node and in another zone.
    public var inRegion: [CIDR]
    /// `cross-region`: blocks of the own network in another region.
    public var crossRegion: [CIDR]

    /// Destinations with the given lists; without arguments, nothing is known.
    public init(
        directClassification: [Direct] = [],
        internet: [CIDR] = [],
        inZone: [CIDR] = [],
        inRegion: [CIDR] = [],
        crossRegion: [CIDR] = []
    ) {
        self.directClassification = directClassification
        self.internet = internet
        self.inZone = inZone
        self.inRegion = inRegion
        self.crossRegion = crossRegion
    }
}
