// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// One edition of a list in which a cloud publishes its addresses.
///
/// A feed only knows public addresses of others, so it is asked last: the operator's lists, the networks and the
/// special-purpose registries decide before it. It gives a name to an address, and nearness to what is certain:
/// where the node's region is one of the feed's own, the node is in that cloud, and an address of the same
/// region is `same_region`, of another region `cross_region`. That is what the clouds charge for (no cloud
/// bills its own storage in the node's region as internet), and it does not depend on the way: the bytes of
/// same-region storage may still pass a NAT gateway, which ``Verdict/route`` says. For a node elsewhere, or of
/// unknown region, and for addresses without a region, the scope stays `internet`.
public struct FeedSnapshot: Sendable, Equatable {
    /// What the feed calls some of its blocks.
    public struct Label: Hashable, Sendable {
        /// Name of the network: provider, service and region, such as `aws-s3/us-east-1`.
        public var name: String
        /// The cloud's name of the region; `nil` if the blocks have none, or are everywhere.
        public var region: String?
        /// How much the label says: 0 is the most specific.
        ///
        /// Of two labels whose blocks hold an address, the lower rank decides; among equals the longer prefix.
        public var rank: Int

        /// A label.
        public init(name: String, region: String?, rank: Int) {
            self.name = name
            self.region = region
            self.rank = rank
        }
    }

    /// A block and the index of its label.
    public struct Entry: Hashable, Sendable {
        /// The addresses.
        public var block: CIDR
        /// Index in ``FeedSnapshot/labels``.
        public var label: Int32

        /// `block` is called by the label at index `label`.
        public init(block: CIDR, label: Int32) {
            self.block = block
            self.label = label
        }
    }

    /// Name of the feed, the same in all its editions: `aws`, `gcp`, `google`, `azure`.
    public var feed: String
    /// The edition, as the publisher numbers it.
    public var edition: String
    /// First nanosecond since 1970-01-01T00:00:00Z at which the edition holds; until the next one begins.
    public var validFrom: Int64
    /// Where it was read, for explanations.
    public var source: String
    /// False if the feed gives names only and never nearness.
    public var givesScope: Bool
    /// The labels.
    public var labels: [Label]
    /// The blocks.
    public var entries: [Entry]

    /// An edition of `feed`.
    ///
    /// - Parameter entries: each label is an index of `labels`.
    public init(
        feed: String,
        edition: String,
        validFrom: Int64,
        source: String = "",
        givesScope: Bool = true,
        labels: [Label],
        entries: [Entry]
    ) {
        precondition(entries.allSatisfy { labels.indices.contains(Int($0.label)) }, "an entry has no label")
        self.feed = feed
        self.edition = edition
        self.validFrom = validFrom
        self.source = source
        self.givesScope = givesScope
        self.labels = labels
        self.entries = entries
    }
}
