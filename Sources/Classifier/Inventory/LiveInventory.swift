// SPDX-License-Identifier: Apache-2.0
import Classification
import ServiceLifecycle
import Synchronization
import Traffic

/// The inventory that holds now, and the batches that wait for it.
final class LiveInventory: Sendable {
    /// What a batch has of which nobody has told.
    private enum Missing: Hashable, Sendable {
        /// A pod, by its UID.
        case pod(String)
        /// Whose an address is, beside those of pods.
        case address(IPAddress)
    }

    /// A batch that waits for its pods and its peers to be told.
    private struct Waiter {
        var missing: Set<Missing>
        /// When its bytes were counted.
        var interval: Interval
        var ticket: CheckedContinuation<Void, Never>
    }

    private struct State {
        var builder = InventoryBuilder()
        var isComplete = false
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        /// Waiters that were let go before they waited.
        var released: Set<Int> = []
        /// When somebody first asked before everything was told, by the steady clock.
        var askedEarly: Int64?
        /// When each thing that is not known was first asked for, by the steady clock.
        var asked: [Missing: Int64] = [:]
    }

    /// The cluster whose objects it holds, as its agents call it.
    let cluster: String
    /// Things that are not known and waited for once; beyond, nothing is waited for, so that a scan of addresses costs no
    /// memory.
    private static let mostAsked = 65_536

    private let patience: Duration
    private let retention: Duration
    private let clock: WallClock
    private let steady: @Sendable () -> Int64
    private let state = Mutex(State())

    /// An empty inventory of `cluster`.
    ///
    /// - Parameters:
    ///   - patience: how long a batch waits for a pod that is not known, its own or a peer, counted from the first batch
    ///     that had it.
    ///   - retention: how long objects that are gone are remembered.
    ///   - clock: the time of day.
    ///   - steady: nanoseconds of a clock that does not jump.
    init(
        cluster: String,
        patience: Duration,
        retention: Duration,
        clock: WallClock,
        steady: @escaping @Sendable () -> Int64 = LiveInventory.steadyNow
    ) {
        self.cluster = cluster
        self.patience = patience
        self.retention = retention
        self.clock = clock
        self.steady = steady
    }

    private static let origin = ContinuousClock.now

    /// Nanoseconds since the first look at this clock, which goes on while the machine sleeps.
    static func steadyNow() -> Int64 {
        (ContinuousClock.now - origin).nanoseconds
    }

    /// What is known now.
    var snapshot: Inventory {
        state.withLock { $0.builder.inventory }
    }

    /// Batches that wait.
    var waitingBatches: Int {
        state.withLock { $0.waiters.count }
    }

    /// Changes what is known, and lets go of the batches that waited for it.
    func change(_ body: (inout InventoryBuilder, InventoryBuilder.Moment) -> Void) {
        let now = InventoryBuilder.Moment(wall: clock.now(), steady: steady())
        let free = state.withLock { state in
            body(&state.builder, now)
            return Self.satisfied(&state)
        }
        for ticket in free { ticket.resume() }
    }

    /// Notes that everything the cluster has was told once: from now on an address of nobody's is outside of it.
    func complete() {
        let free = state.withLock { state in
            state.isComplete = true
            state.builder.markComplete()
            return Self.satisfied(&state)
        }
        for ticket in free { ticket.resume() }
    }

    /// Forgets what has been gone for long enough.
    func forget() {
        let limit = steady() - retention.nanoseconds
        state.withLock { state in
            state.builder.forget(before: limit)
            state.asked = state.asked.filter { $0.value >= limit }
        }
    }

    /// What is known for `batch`, after waiting for its pods and peers if it helps; `nil` if it is of another cluster.
    ///
    /// A pod, and an address beside those of pods, is waited for only once, and for a bounded time: ingest goes on
    /// whatever the cluster does.
    ///
    /// - Parameter isHopeful: false if nothing will be told soon, so that waiting is of no use.
    func inventory(for batch: FlowBatch, isHopeful: Bool) async -> Inventory? {
        guard batch.source.cluster == cluster else { return nil }
        guard isHopeful else { return outdated(snapshot) }
        return await inventory(with: Self.missing(of: batch, in: snapshot), during: batch.interval)
    }

    /// What is known, after waiting for everything to be told once, if it helps.
    ///
    /// - Parameter isHopeful: false if nothing will be told soon, so that waiting is of no use.
    func inventory(isHopeful: Bool) async -> Inventory {
        guard isHopeful else { return outdated(snapshot) }
        return await inventory(with: [], during: Interval(start: 0, end: 0))
    }

    private func inventory(with missing: Set<Missing>, during interval: Interval) async -> Inventory {
        let remaining = remainingTime(for: missing)
        if remaining > 0 { await wait(for: missing, during: interval, nanoseconds: remaining) }
        return snapshot
    }

    /// An inventory that may be out of date does not know what is outside of the cluster.
    func outdated(_ inventory: Inventory) -> Inventory {
        var inventory = inventory
        inventory.isComplete = false
        return inventory
    }

    /// What `batch` has of which `inventory` does not know.
    private static func missing(of batch: FlowBatch, in inventory: Inventory) -> Set<Missing> {
        var missing: Set<Missing> = []
        // A pod that came by name only is not waited for.
        for owner in batch.owners where owner.kind == .pod && !owner.podUID.isEmpty {
            missing.insert(.pod(owner.podUID))
        }
        missing = missing.filter { !isKnown($0, during: batch.interval, inventory) }
        for flow in batch.flows where !flow.viaLoopback {
            if inventory.mayBeNewPod(at: flow.remote, during: batch.interval) { missing.insert(.address(flow.remote)) }
        }
        return missing
    }

    /// How long may still be waited for `missing`, in nanoseconds; also if it is empty and not everything was told.
    private func remainingTime(for missing: Set<Missing>) -> Int64 {
        let now = steady()
        return state.withLock { state in
            if state.isComplete, missing.isEmpty { return 0 }
            for thing in missing where state.asked[thing] == nil && state.asked.count < Self.mostAsked {
                state.asked[thing] = now
            }
            if !state.isComplete, state.askedEarly == nil { state.askedEarly = now }
            let asked = missing.compactMap { state.asked[$0] }
            guard asked.count == missing.count else { return 0 }
            return patience.nanoseconds - (now - (asked.max() ?? state.askedEarly ?? now))
        }
    }

    private static func isKnown(_ thing: Missing, during interval: Interval, _ inventory: Inventory) -> Bool {
        switch thing {
        case .pod(let uid): inventory.names(ofPod: uid)?.isComplete ?? false
        case .address(let address): !inventory.mayBeNewPod(at: address, during: interval)
        }
    }

    private func wait(for missing: Set<Missing>, during interval: Interval, nanoseconds: Int64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = Task {
            // It is cancelled when nobody waits any more.
            if (try? await Task.sleep(for: .nanoseconds(nanoseconds))) != nil { self.release(id) }
        }
        await withGracefulShutdownHandler {
            await withCheckedContinuation { ticket in
                let isFree = state.withLock { state in
                    let inventory = state.builder.inventory
                    let isKnown =
                        state.isComplete && missing.allSatisfy { Self.isKnown($0, during: interval, inventory) }
                    if state.released.remove(id) != nil || isKnown { return true }
                    state.waiters[id] = Waiter(missing: missing, interval: interval, ticket: ticket)
                    return false
                }
                if isFree { ticket.resume() }
            }
        } onGracefulShutdown: {
            self.release(id)
        }
        timer.cancel()
        state.withLock { _ = $0.released.remove(id) }
    }

    /// Lets a batch go on that waits, or that is about to.
    private func release(_ id: Int) {
        state.withLock { state in
            let waiter = state.waiters.removeValue(forKey: id)
            if waiter == nil { state.released.insert(id) }
            return waiter
        }?
        .ticket.resume()
    }

    /// Takes out those who have nothing to wait for any more.
    private static func satisfied(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        guard !state.waiters.isEmpty, state.isComplete else { return [] }
        let inventory = state.builder.inventory
        let free = state.waiters.filter { _, waiter in
            waiter.missing.allSatisfy { isKnown($0, during: waiter.interval, inventory) }
        }
        for id in free.keys { state.waiters[id] = nil }
        return free.values.map(\.ticket)
    }
}

extension Duration {
    /// The whole nanoseconds, at most 292 years of them.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product + attoseconds / 1_000_000_000
    }
}
