// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// Why a verdict is what it is: the entries of lists that decided, and those that would have.
public struct Explanation: Hashable, Sendable {
    /// An entry of a list: of the configuration, a registry or a feed.
    public struct Entry: Hashable, Sendable {
        /// The rule that the entry belongs to, as ``Verdict/rule`` names it.
        public var rule: String
        /// Where the entry is written.
        ///
        /// For the configuration its path there, such as `destinations.direct-classification[1].ips[0]` or
        /// `networks[2].cidrs[0]`; for a registry the rule; for a feed its edition and its source.
        public var place: String
        /// The block that holds the address.
        public var block: CIDR
        /// The name that the entry gives to the network; empty if it gives none.
        public var network: String

        /// The entry `block` of `rule`, written at `place`.
        public init(rule: String, place: String, block: CIDR, network: String = "") {
            self.rule = rule
            self.place = place
            self.block = block
            self.network = network
        }
    }

    /// What was decided.
    public var verdict: Verdict
    /// What decided the scope; `nil` for the loopback interface, and where no entry did.
    public var scopeEntry: Entry?
    /// What gave the network's name; `nil` if it has none.
    public var networkEntry: Entry?
    /// Path of the rule that decided the route, such as `nat[0]` or `networks[2].via[0]`; `nil` if none did.
    public var routeRule: String?
    /// The other entries that hold the address and could have decided the scope, by precedence.
    public var overruled: [Entry]
}
