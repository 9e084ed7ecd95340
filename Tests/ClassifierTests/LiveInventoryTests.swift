// SPDX-License-Identifier: Apache-2.0
import Classification
import TestSupport
import Testing
import Traffic

@testable import Classifier

/// Batches wait for word of their pods: once, for a bounded time, and only if it helps.
@Suite struct LiveInventoryTests {
    private let clock = ManualClock(seconds: 1000)

    private func live(patience: Duration) -> LiveInventory {
        LiveInventory(cluster: "default", patience: patience, retention: .seconds(60), clock: clock.wall) {
            self.clock.wall.now()
        }
    }

    private let batch = FlowBatch.test(
        owners: [Owner(kind: .pod, cgroupID: 1, namespace: "", pod: "u1", podUID: "u1"), .unit("web.service")]
    )

    private func tell(_ live: LiveInventory, _ uid: String = "u1", controller: ClusterController.Reference? = nil) {
        live.change { builder, now in
            builder.put(ClusterPod(uid: uid, namespace: "shop", name: "web", controller: controller), at: now)
        }
    }

    @Test func aBatchOfKnownPodsDoesNotWait() async {
        let live = live(patience: .seconds(100_000))
        tell(live)
        live.complete()
        let inventory = await live.inventory(for: batch, isHopeful: true)
        #expect(inventory?.names(ofPod: "u1")?.name == "web")
        #expect(inventory?.isComplete == true)
    }

    @Test func aBatchOfAnotherClusterHasNoInventory() async {
        let live = live(patience: .seconds(100_000))
        var batch = batch
        batch.source.cluster = "other"
        #expect(await live.inventory(for: batch, isHopeful: true) == nil)
    }

    @Test func aBatchWaitsForItsPod() async throws {
        let live = live(patience: .seconds(100_000))
        live.complete()
        async let inventory = live.inventory(for: batch, isHopeful: true)
        try await waitUntil("the batch waits") { live.waitingBatches == 1 }
        tell(live, "another")
        #expect(live.waitingBatches == 1)
        tell(live)
        #expect(await inventory?.names(ofPod: "u1")?.name == "web")
        #expect(live.waitingBatches == 0)
    }

    /// What stands beside the addresses of pods is a pod's as a rule, and may be told in a moment.
    @Test func aBatchWaitsForItsPeer() async throws {
        let live = live(patience: .seconds(100_000))
        tell(live)
        let put = { (uid: String, address: String) in
            live.change { builder, now in
                let addresses = [IPAddress(address)].compactMap(\.self)
                let pod = ClusterPod(uid: uid, namespace: "shop", name: uid, addresses: addresses, started: 0)
                builder.put(pod, at: now)
            }
        }
        put("u2", "10.0.0.2")
        live.complete()
        var batch = batch
        batch.flows = [.to("10.0.0.2", egress: 1), .to("10.9.0.3", egress: 1), .to("8.8.8.8", egress: 1)]
        _ = await live.inventory(for: batch, isHopeful: true)
        #expect(live.waitingBatches == 0, "nothing stands beside pods that is not known")
        batch.flows.append(.to("10.0.0.3", egress: 1))
        async let inventory = live.inventory(for: batch, isHopeful: true)
        try await waitUntil("the batch waits") { live.waitingBatches == 1 }
        put("u3", "10.0.0.3")
        #expect(await inventory?.names(ofPod: "u3")?.name == "u3")
        #expect(live.waitingBatches == 0)
    }

    /// The pod's workload is not known before its ReplicaSet is.
    @Test func aBatchWaitsForTheReplicaSet() async throws {
        let live = live(patience: .seconds(100_000))
        live.complete()
        async let inventory = live.inventory(for: batch, isHopeful: true)
        try await waitUntil("the batch waits") { live.waitingBatches == 1 }
        tell(live, controller: .init(kind: "ReplicaSet", name: "web-5d4", uid: "rs"))
        #expect(live.waitingBatches == 1)
        live.change { builder, _ in
            builder.put(ClusterController(uid: "rs", controller: .init(kind: "Deployment", name: "web", uid: "d")))
        }
        #expect(await inventory?.names(ofPod: "u1")?.workload == Workload(kind: "Deployment", name: "web"))
    }

    @Test func aBatchWaitsForTheFirstListing() async throws {
        let live = live(patience: .seconds(100_000))
        tell(live)
        async let inventory = live.inventory(for: batch, isHopeful: true)
        try await waitUntil("the batch waits") { live.waitingBatches == 1 }
        live.complete()
        #expect(await inventory?.isComplete == true)
    }

    /// The time is the real one here, and short: that the call returns is the proof.
    @Test func patienceEndsAndIsNotBegunAgain() async {
        let live = live(patience: .milliseconds(1))
        live.complete()
        #expect(await live.inventory(for: batch, isHopeful: true)?.names(ofPod: "u1") == nil)
        clock.advance(seconds: 1)
        #expect(await live.inventory(for: batch, isHopeful: true)?.names(ofPod: "u1") == nil)
        #expect(live.waitingBatches == 0)
    }

    /// A second batch of a pod that was waited for in vain does not wait, however long the patience is.
    @Test func aPodIsWaitedForOnce() async throws {
        let live = live(patience: .seconds(1000))
        live.complete()
        let first = Task { await live.inventory(for: batch, isHopeful: true) }
        try await waitUntil("the batch waits") { live.waitingBatches == 1 }
        clock.advance(seconds: 1000)
        #expect(await live.inventory(for: batch, isHopeful: true)?.names(ofPod: "u1") == nil)
        tell(live)
        _ = await first.value
    }

    @Test func nothingIsWaitedForWithoutHope() async {
        let live = live(patience: .seconds(100_000))
        #expect(await live.inventory(for: batch, isHopeful: false)?.isComplete == false)
        live.complete()
        // What is known may be out of date.
        #expect(await live.inventory(for: batch, isHopeful: false)?.isComplete == false)
    }

    @Test func whatIsGoneIsForgottenAfterTheRetention() {
        let live = live(patience: .zero)
        tell(live)
        live.change { $0.removePod("u1", at: $1) }
        clock.advance(seconds: 60)
        live.forget()
        #expect(live.snapshot.names(ofPod: "u1") != nil)
        clock.advance(seconds: 1)
        live.forget()
        #expect(live.snapshot.names(ofPod: "u1") == nil)
    }
}

@Suite struct ClockWatchTests {
    @Test func aJumpIsNoticedAndSteeringIsNot() {
        let clock = ManualClock(seconds: 1000)
        let steady = ManualClock(seconds: 0)
        let watch = ClockWatch(clock.wall) { steady.wall.now() }
        clock.advance(seconds: 10)
        steady.advance(seconds: 10)
        #expect(!watch.look())
        clock.advance(seconds: 12)
        steady.advance(seconds: 10)
        #expect(!watch.look())
        clock.advance(seconds: -3600)
        #expect(watch.look())
        #expect(watch.jumps.count == 1)
        #expect(watch.jumps.lastSeconds == -3600)
        #expect(!watch.look())
        clock.advance(seconds: 86_400)
        #expect(watch.look())
        #expect(watch.jumps.count == 2)
        #expect(watch.jumps.lastSeconds == 86_400)
    }
}
