// SPDX-License-Identifier: Apache-2.0

/// What those who run the network say about it: all of the configuration that decides about an address.
public struct NetworkPlan: Sendable, Equatable {
    /// `destinations`: lists that decide the scope before anything else does.
    public var destinations: Destinations
    /// `networks`: blocks with a name.
    public var networks: [Network]
    /// `nat`: on which way nodes reach the internet, or a named network; the first rule that applies decides.
    public var routes: [RouteRule]
    /// `max-network-names`: how many names of networks may occur in the ledger.
    ///
    /// Names of `networks` come first, then those of the feeds, in the order of the feeds and the most specific
    /// first. What has no room is called ``Network/other``.
    public var maxNames: Int

    /// `maxNames` if nothing is said: enough for the AWS, Google and Azure feeds together.
    public static let defaultMaxNames = 8_192

    /// A plan; without arguments, nothing is known.
    public init(
        destinations: Destinations = Destinations(),
        networks: [Network] = [],
        routes: [RouteRule] = [],
        maxNames: Int = defaultMaxNames
    ) {
        self.destinations = destinations
        self.networks = networks
        self.routes = routes
        self.maxNames = maxNames
    }
}
