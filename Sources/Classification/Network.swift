// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// Blocks of addresses that the operator gave a name: one entry of `networks:`.
///
/// The longest prefix of all entries names an address; where two entries list the same block, the first one
/// counts. An entry with a region or a zone also decides the scope (``Site``), after the lists of
/// ``Destinations``; one without leaves it to the rules that follow, so that a private block that is only named
/// stays `unknown` and a public one stays `internet`.
public struct Network: Sendable, Equatable {
    /// The name that stands for all names beyond the limit; no network may be called so.
    public static let other = "other"

    /// The name, as answers show it; several entries may share one.
    public var name: String
    /// The addresses.
    public var blocks: [CIDR]
    /// Where they are, if it is stated.
    public var site: Site
    /// On which way nodes reach them; the first rule that means the node decides.
    public var routes: [RouteRule]

    /// The network `name` of `blocks`.
    public init(
        name: String,
        blocks: [CIDR],
        site: Site = Site(region: nil, zone: nil),
        routes: [RouteRule] = []
    ) {
        self.name = name
        self.blocks = blocks
        self.site = site
        self.routes = routes
    }
}
