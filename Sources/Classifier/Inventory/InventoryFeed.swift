// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import Kubernetes
import Ledger
import Logging
import ServiceLifecycle
import Synchronization
import Traffic

/// Keeps the inventory up to date from a cluster's API, and gives bytes to pods that are told late.
final class InventoryFeed: ServiceLifecycle.Service {
    /// The inventory that it keeps.
    let live: LiveInventory
    /// What the bytes say of what the inventory does not know.
    let gaps = InventoryGaps()

    private let client: ClusterClient
    private let ledger: Ledger
    private let rulebook: @Sendable () -> Rulebook
    private let logger: Logger
    private let watch: ClockWatch
    private let pods: Follower<Pod>
    private let nodes: Follower<Node>
    private let services: Follower<Kubernetes.Service>
    private let slices: Follower<EndpointSlice>
    private let replicaSets: Follower<ReplicaSet>
    private let jobs: Follower<Job>
    /// The collections that were listed, each once or more.
    private let listed = Mutex<Set<String>>([])
    private let freshness = Mutex(Freshness())
    private let present = Mutex<[String: Int]>([:])
    private let patience: Int64
    /// Series that wait for word of their pod or their peer up to which a peer that is not known is to be asked for later;
    /// beyond, it stays unknown.
    let mostQuestions: Int

    /// How often what is gone is forgotten, and late pods get their bytes.
    private static let period = Duration.seconds(1)

    /// A feed for `live` of the cluster that `client` leads to; nothing is asked before ``run()``.
    ///
    /// - Parameters:
    ///   - patience: how long changes may not have come before what is known counts as out of date, and how long they must
    ///     have come again before what it does not have counts as outside of the cluster.
    ///   - mostQuestions: as the property.
    init(
        _ live: LiveInventory,
        client: ClusterClient,
        patience: Duration,
        mostQuestions: Int,
        ledger: Ledger,
        rulebook: @escaping @Sendable () -> Rulebook,
        clock: WallClock,
        logger: Logger
    ) {
        self.live = live
        self.client = client
        self.ledger = ledger
        self.rulebook = rulebook
        self.logger = logger
        self.patience = patience.nanoseconds
        self.mostQuestions = mostQuestions
        watch = ClockWatch(clock)
        pods = client.follower(of: Pod.self)
        nodes = client.follower(of: Node.self)
        services = client.follower(of: Kubernetes.Service.self)
        slices = client.follower(of: EndpointSlice.self)
        replicaSets = client.follower(of: ReplicaSet.self)
        jobs = client.follower(of: Job.self)
    }

    /// The feed of the cluster that `client` leads to, as `settings` want it.
    ///
    /// A cluster that does not answer is no error: batches are booked all the same, and find their pods when it does.
    convenience init(
        _ settings: ClassifierSettings,
        client: ClusterClient,
        ledger: Ledger,
        rulebook: @escaping @Sendable () -> Rulebook,
        clock: WallClock,
        logger: Logger
    ) {
        let live = LiveInventory(
            cluster: settings.kubernetesCluster,
            patience: settings.kubernetesWait,
            retention: settings.kubernetesRetention,
            clock: clock
        )
        self.init(
            live,
            client: client,
            patience: settings.kubernetesWait,
            mostQuestions: settings.kubernetesQuestions,
            ledger: ledger,
            rulebook: rulebook,
            clock: clock,
            logger: logger
        )
    }

    /// Counts what a booking that was applied holds of what the inventory does not know.
    func count(_ booking: Booking) {
        var doubts: Set<InventoryGaps.Gap> = []
        let inventory = live.snapshot
        if !isHopeful { doubts.insert(.unreachableAPI) }
        if !inventory.isComplete || !isCurrent { doubts.insert(.forgottenPeer) }
        if inventory.isComplete, !inventory.isPresent(node: booking.source.node) { doubts.insert(.unknownNode) }
        if watch.jumps.touch(booking.interval) { doubts.insert(.clockJump) }
        gaps.count(booking, cluster: live.cluster, doubts: doubts)
    }

    /// The URL of the cluster's API.
    var server: String {
        client.credentials.server
    }

    /// How many objects of each collection are there now, by its name.
    var presentObjects: [String: Int] {
        present.withLock { $0 }
    }

    /// How the collections are followed, in the order in which they matter.
    var statuses: [FollowStatus] {
        [pods.status, nodes.status, services.status, slices.status, replicaSets.status, jobs.status]
    }

    /// True while changes come as they happen, as far as is known.
    var isHopeful: Bool {
        pods.status.isFollowing && nodes.status.isFollowing
    }

    /// True if all that could be a peer is known as it is now, but for the last moments.
    private var isCurrent: Bool {
        let (isFresh, nanoseconds) = look()
        return isFresh || nanoseconds < patience
    }

    /// Whether changes come, and for how many nanoseconds that has been so.
    private func look() -> (isFresh: Bool, nanoseconds: Int64) {
        let isFresh = [pods.status, nodes.status, services.status, slices.status]
            .allSatisfy { $0.isFollowing && $0.isSynced && $0.phase != .listing }
        return freshness.withLock { $0.look(isFresh, at: LiveInventory.steadyNow()) }
    }

    /// True once every collection was listed.
    var isSynced: Bool {
        statuses.allSatisfy(\.isSynced)
    }

    /// How the clocks agree.
    var clockJumps: ClockWatch.Jumps {
        watch.jumps
    }

    /// True if bytes whose peer is not known may keep what is to be asked about it.
    var keepsQuestions: Bool {
        ledger.unattributedTotals().waitingSeries + ledger.unjudgedTotals().waitingSeries < mostQuestions
    }

    /// What is known for `batch`; `nil` if it is of another cluster.
    ///
    /// See ``LiveInventory/inventory(for:isHopeful:)``.
    func inventory(for batch: FlowBatch) async -> Inventory? {
        let inventory = await live.inventory(for: batch, isHopeful: isHopeful)
        return isCurrent ? inventory : inventory.map(live.outdated)
    }

    /// What is known, after waiting a bounded time for everything to be told once.
    func inventory() async -> Inventory {
        await live.inventory(isHopeful: isHopeful)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.follow(self.pods, key: \.metadata.uid, Self.take) }
                group.addTask { await self.follow(self.nodes, key: \.metadata.name, Self.take) }
                group.addTask { await self.follow(self.services, key: \.id, Self.take) }
                group.addTask { await self.follow(self.slices, key: \.metadata.uid, Self.take) }
                group.addTask { await self.follow(self.replicaSets, key: \.metadata.uid, Self.takeController) }
                group.addTask { await self.follow(self.jobs, key: \.metadata.uid, Self.takeController) }
                group.addTask { await self.keepUp() }
                await group.waitForAll()
            }
        }
        // Nothing of the cluster's is held open; a failure to say goodbye costs nothing.
        try? await client.shutdown()
    }

    /// Forgets, watches the clock and gives bytes to pods that were told late, until it is cancelled.
    private func keepUp() async {
        var failed: Set<String> = []
        while (try? await Task.sleep(for: Self.period)) != nil {
            live.forget()
            tellFailures(since: &failed)
            if watch.look() { logger.warning("the clock jumped", metadata: ["seconds": "\(watch.jumps.lastSeconds)"]) }
            await reattribute()
        }
    }

    /// Logs when collections begin to fail, and when none does any more.
    ///
    /// - Parameter failed: Those that failed at the last look.
    private func tellFailures(since failed: inout Set<String>) {
        let now = statuses.filter { !$0.isFollowing }
        let new = now.filter { !failed.contains($0.resource) }
        if let first = new.first?.failure {
            logger.warning(
                "the cluster's API does not tell of changes",
                metadata: [
                    "server": "\(server)", "resources": "\(new.map(\.resource).joined(separator: ","))",
                    "error": "\(first.message)",
                ]
            )
        }
        if now.isEmpty, !failed.isEmpty {
            logger.info("the cluster's API tells of changes again", metadata: ["server": "\(server)"])
        }
        failed = Set(now.map(\.resource))
    }

    /// Gives bytes that were booked before their pod or their peer was known to those that are known now.
    func reattribute() async {
        let (isFresh, nanoseconds) = look()
        guard ledger.unattributedTotals().waitingSeries + ledger.unjudgedTotals().waitingSeries > 0 else { return }
        // It happens once, so it waits until what was missed while changes did not come has surely been told.
        let inventory = isFresh && nanoseconds >= patience ? live.snapshot : live.outdated(live.snapshot)
        let cluster = live.cluster
        do {
            let rulebook = rulebook()
            let moved = try await ledger.reattribute { key, minutes in
                key.cluster == cluster ? key.reattributed(by: inventory, rulebook, minutes: minutes) : nil
            }
            guard !moved.isZero else { return }
            logger.info(
                "bytes found the pods and peers that they waited for",
                metadata: ["egress": "\(moved.egressBytes)", "ingress": "\(moved.ingressBytes)"]
            )
        } catch {
            logger.error("bytes that found their pods and peers cannot be moved yet", metadata: ["error": "\(error)"])
        }
    }

    private typealias Taking<Key: Hashable & Sendable, Object> =
        @Sendable (Roll<Key>.Event<Object>, inout InventoryBuilder, InventoryBuilder.Moment) -> Void

    private func follow<Object: ClusterObject, Key: Hashable & Sendable>(
        _ follower: Follower<Object>,
        key: @escaping @Sendable (Object) -> Key,
        _ take: @escaping Taking<Key, Object>
    ) async {
        let roll = Mutex(Roll<Key>())
        await follower.run { changes in
            let (events, count) = roll.withLock { roll in
                (changes.flatMap { roll.take($0, key: key) }, roll.count)
            }
            self.present.withLock { $0[Object.resource.name] = count }
            self.live.change { builder, now in
                for event in events { take(event, &builder, now) }
            }
            if changes.contains(where: \.isEndOfListing) { self.note(listed: Object.resource.name) }
        }
    }

    private func note(listed name: String) {
        let isComplete = listed.withLock { listed in
            guard listed.insert(name).inserted else { return false }
            return listed.count == statuses.count
        }
        guard isComplete else { return }
        live.complete()
        let counts = live.snapshot.counts
        logger.info(
            "the cluster's objects are known",
            metadata: ["pods": "\(counts.pods)", "nodes": "\(counts.nodes)"]
        )
    }
}

extension Change {
    fileprivate var isEndOfListing: Bool {
        if case .listed = self { true } else { false }
    }
}

extension Kubernetes.Service {
    fileprivate var id: ClusterService.Name {
        ClusterService.Name(namespace: metadata.namespace, name: metadata.name)
    }
}
