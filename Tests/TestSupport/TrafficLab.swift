// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// Hosts that exchange a known mix of traffic, each on account of its own cgroup, and the truth about it.
public final class TrafficLab: Sendable {
    /// One exchange between two of the hosts.
    public struct Leg: Hashable, Sendable {
        /// What is exchanged; its port is not used by another leg.
        public var exchange: TrafficExchange
        /// Index of the host that starts.
        public var client: Int
        /// Index of the host that listens.
        public var server: Int

        /// `exchange`, started by one host and answered by the other.
        public init(_ exchange: TrafficExchange, client: Int = 0, server: Int = 1) {
            self.exchange = exchange
            self.client = client
            self.server = server
        }
    }

    /// One side's share of the traffic, by who started it.
    public struct Account: Hashable, Sendable {
        /// Index of the host, and of its cgroup.
        public var host: Int
        /// Who started: the host, or the other one.
        public var initiator: Initiator

        /// The share of `host` that `initiator` started.
        public init(host: Int, initiator: Initiator) {
            self.host = host
            self.initiator = initiator
        }
    }

    /// Where the programs run and on whose account, in the order of the hosts' names.
    public let sides: [TrafficExchange.Side]
    /// The cgroups' common parent, below the cgroup v2 root, starting with `/`.
    public let parentCgroup: String

    private let network: NetworkLab
    private let cgroups: CgroupLab
    private let legs: [Leg]
    private let filters: [NftCounters]
    private let logs: TemporaryDirectory

    /// Makes the hosts, their cgroups and their packet filters' counters for `legs`.
    ///
    /// - Parameter groups: the cgroup of each host, as a path; if there are none, each is called as its host.
    /// - Throws: ``LaunchError`` with what a tool said.
    public init(_ legs: [Leg], hosts names: [String] = ["left", "right"], groups: [String] = []) throws {
        precondition(Set(legs.map(\.exchange.port)).count == legs.count, "legs cannot share a port")
        let network = try NetworkLab(names)
        let cgroups = try CgroupLab()
        sides = try zip(groups.isEmpty ? names : groups, network.hosts)
            .map { name, host in
                TrafficExchange.Side(host: host, group: try cgroups.group(name))
            }
        parentCgroup = cgroups.cgroupPath
        filters = try network.hosts.indices.map { index in
            let watches = legs.compactMap { leg in
                switch index {
                case leg.client: leg.exchange.watch(remote: network.hosts[leg.server])
                case leg.server: leg.exchange.watch(remote: network.hosts[leg.client])
                default: nil
                }
            }
            return try NftCounters(in: network.hosts[index], watching: watches)
        }
        logs = try TemporaryDirectory()
        self.network = network
        self.cgroups = cgroups
        self.legs = legs
    }

    deinit {
        remove()
    }

    /// Deletes everything the lab made; does nothing the second time.
    public func remove() {
        cgroups.remove()
        network.remove()
        logs.remove()
    }

    /// Makes another cgroup, beside those of the hosts.
    ///
    /// - Throws: What the file system says.
    public func group(_ name: String) throws -> CgroupLab.Group {
        try cgroups.group(name)
    }

    /// Moves the bytes of every leg once, all legs at the same time; may be called again.
    ///
    /// - Parameter others: where the programs run and on whose account, if not at ``sides``.
    /// - Throws: ``LaunchError`` or ``DeadlineError`` with a program's output.
    public func run(sides others: [TrafficExchange.Side]? = nil) async throws {
        let sides = others ?? sides
        try await withThrowingTaskGroup { group in
            for leg in legs {
                group.addTask { [sides, logs] in
                    _ = try await leg.exchange.run(client: sides[leg.client], server: sides[leg.server], logs: logs)
                }
            }
            try await group.waitForAll()
        }
    }

    /// What the packet filter of each host counted so far, in the order of the hosts.
    ///
    /// - Throws: ``LaunchError`` with what `nft` said.
    public func readings() throws -> [NftCounters.Reading] {
        try filters.map { try $0.read() }
    }

    /// What each side exchanged so far on each leg, by the packet filters: see ``NftCounters`` for the rule.
    ///
    /// - Throws: ``LaunchError`` with what `nft` said.
    public func truth() throws -> [Leg: (client: FlowCounters, server: FlowCounters)] {
        let readings = try readings()
        var truth: [Leg: (client: FlowCounters, server: FlowCounters)] = [:]
        for leg in legs {
            let atClient = leg.exchange.watch(remote: network.hosts[leg.server])
            let atServer = leg.exchange.watch(remote: network.hosts[leg.client])
            let toClient = readings[leg.client].input[atClient, default: .zero]
            let toServer = readings[leg.server].input[atServer, default: .zero]
            truth[leg] = (
                FlowCounters(sent: toServer, received: toClient), FlowCounters(sent: toClient, received: toServer)
            )
        }
        return truth
    }

    /// What each side exchanged so far, by who started it.
    ///
    /// - Throws: ``LaunchError`` with what `nft` said.
    public func accounts() throws -> [Account: FlowCounters] {
        var accounts: [Account: FlowCounters] = [:]
        for (leg, counters) in try truth() {
            accounts[Account(host: leg.client, initiator: .pod), default: .zero] += counters.client
            accounts[Account(host: leg.server, initiator: .remote), default: .zero] += counters.server
        }
        return accounts
    }
}
