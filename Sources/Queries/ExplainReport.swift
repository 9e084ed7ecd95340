// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// Why an address is judged as it is: the answer of `/api/v1/explain`.
public struct ExplainReport: Hashable, Sendable {
    /// An entry of a list that holds the address.
    public struct Entry: Hashable, Sendable {
        /// The rule it belongs to.
        public var rule: String
        /// Where it is written.
        public var place: String
        /// Its block of addresses.
        public var block: CIDR
        /// The name it gives; empty if none.
        public var network: String

        /// The entry `block` of `rule`, written at `place`.
        public init(rule: String, place: String, block: CIDR, network: String) {
            self.rule = rule
            self.place = place
            self.block = block
            self.network = network
        }
    }

    /// Who the address belongs to, by the cluster's own objects.
    public struct Peer: Hashable, Sendable {
        /// What it is.
        public var kind: PeerKind
        /// Its namespace; empty if it has none.
        public var namespace: String
        /// The name of its workload or of the service; empty if it has none.
        public var workload: String
        /// The zone that it is in; empty if it is not known.
        public var zone: String
        /// How it is known.
        public var resolution: PeerResolution
        /// The object that decided, in words.
        public var object: String

        /// A peer of these values.
        public init(
            kind: PeerKind,
            namespace: String,
            workload: String,
            zone: String,
            resolution: PeerResolution,
            object: String
        ) {
            self.kind = kind
            self.namespace = namespace
            self.workload = workload
            self.zone = zone
            self.resolution = resolution
            self.object = object
        }
    }

    /// The pod whose bytes are in question, by the cluster's own objects.
    public struct Owner: Hashable, Sendable {
        /// Its namespace.
        public var namespace: String
        /// Its name.
        public var pod: String
        /// Kind of its workload.
        public var workloadKind: String
        /// Name of its workload.
        public var workload: String
        /// The object that decided, in words.
        public var object: String

        /// An owner of these values.
        public init(namespace: String, pod: String, workloadKind: String, workload: String, object: String) {
            self.namespace = namespace
            self.pod = pod
            self.workloadKind = workloadKind
            self.workload = workload
            self.object = object
        }
    }

    /// Whose bytes are in question; `nil` if no pod was named by its address.
    public var owner: Owner?
    /// Who the address belongs to; `nil` if nobody in the cluster has it, or nothing is known of the cluster.
    public var peer: Peer?
    /// The address that was judged.
    public var remote: IPAddress
    /// When, in seconds since 1970-01-01T00:00:00Z.
    public var at: Int64
    /// Name of the node from which it was judged; empty if none was named.
    public var node: String
    /// Region from which it was judged; empty if it is not known.
    public var region: String
    /// Zone from which it was judged; empty if it is not known.
    public var zone: String
    /// How far it is.
    public var scope: Scope
    /// The rule that decided the scope.
    public var rule: String
    /// Name of the network; empty if it has none.
    public var network: String
    /// On which way it is reached.
    public var route: String
    /// The rule that decided the way; `nil` if it is what is usual.
    public var routeRule: String?
    /// The entry that decided the scope; `nil` if none did.
    public var decidedBy: Entry?
    /// The entry that gave the name; `nil` if none did.
    public var namedBy: Entry?
    /// Other entries that hold the address, by precedence.
    public var overruled: [Entry]

    /// An explanation with the given parts.
    public init(
        remote: IPAddress,
        at: Int64,
        node: String,
        region: String,
        zone: String,
        scope: Scope,
        rule: String,
        network: String,
        route: String,
        routeRule: String?,
        decidedBy: Entry?,
        namedBy: Entry?,
        overruled: [Entry]
    ) {
        self.remote = remote
        self.at = at
        self.node = node
        self.region = region
        self.zone = zone
        self.scope = scope
        self.rule = rule
        self.network = network
        self.route = route
        self.routeRule = routeRule
        self.decidedBy = decidedBy
        self.namedBy = namedBy
        self.overruled = overruled
    }

    /// The explanation as JSON.
    public func json() -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("remote", remote.description)
        json.member("at", UTCTime(secondsSinceEpoch: at).description)
        json.key("local")
        json.beginObject()
        json.member("node", node)
        json.member("region", region)
        json.member("zone", zone)
        json.endObject()
        if let owner {
            json.key("owner")
            json.beginObject()
            json.member("namespace", owner.namespace)
            json.member("pod", owner.pod)
            json.member("workload_kind", owner.workloadKind)
            json.member("workload", owner.workload)
            json.member("object", owner.object)
            json.endObject()
        }
        json.member("scope", scope.rawValue)
        json.member("rule", rule)
        json.member("network", network)
        json.member("route", route)
        if let routeRule { json.member("route_rule", routeRule) }
        if let peer {
            json.key("peer")
            json.beginObject()
            json.member("kind", peer.kind.rawValue)
            json.member("namespace", peer.namespace)
            json.member("workload", peer.workload)
            json.member("zone", peer.zone)
            json.member("resolution", peer.resolution.rawValue)
            json.member("object", peer.object)
            json.endObject()
        }
        if let decidedBy {
            json.key("decided_by")
            json.value(decidedBy)
        }
        if let namedBy {
            json.key("named_by")
            json.value(namedBy)
        }
        json.key("overruled")
        json.beginArray()
        for entry in overruled { json.value(entry) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// The explanation for people; ends with a line break.
    public func table() -> String {
        let place = "\(region.isEmpty ? "unknown region" : region), \(zone.isEmpty ? "unknown zone" : zone)"
        let from = node.isEmpty ? place : "node \(node) (\(place))"
        var lines = ["\(remote) from \(from.printable) at \(UTCTime(secondsSinceEpoch: at))"]
        if let owner {
            let workload = "\(owner.workloadKind.printable) \(owner.workload.printable)"
            lines.append("Owner:    \(workload), \(owner.object.printable)")
        }
        lines.append("Scope:    \(scope.rawValue), by the rule \(rule.printable)")
        if let decidedBy { lines.append("          \(Self.text(decidedBy))") }
        if let peer { lines.append("Peer:     \(peer.kind.rawValue), \(peer.object.printable)") }
        lines.append("Network:  \(network.isEmpty ? "none" : network.printable)")
        if let namedBy { lines.append("          \(Self.text(namedBy))") }
        lines.append("Route:    \(route), \(routeRule.map { "by \($0.printable)" } ?? "as is usual")")
        if !overruled.isEmpty {
            lines.append("Overruled:")
            lines += overruled.map { "          \(Self.text($0)), rule \($0.rule.printable)" }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func text(_ entry: Entry) -> String {
        "\(entry.block) in \(entry.place.printable)"
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ entry: ExplainReport.Entry) {
        beginObject()
        member("rule", entry.rule)
        member("place", entry.place)
        member("block", entry.block.description)
        member("network", entry.network)
        endObject()
    }
}
