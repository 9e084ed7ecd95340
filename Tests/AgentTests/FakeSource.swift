// SPDX-License-Identifier: Apache-2.0
import Capture
import Traffic

@testable import Agent

/// A kernel of the test's own: what is added to it comes out of every drain until one is committed.
final class FakeSource: FlowSource {
    struct Failure: Error {}

    /// Flows that were added and not drained.
    var flows: [KernelFlow] = []
    /// Losses that were added and not drained.
    var losses: [Loss] = []
    /// Reported with every drain.
    var maps = [MapUse(name: "flows", entries: 1, capacity: 10)]
    /// Drains that fail before one succeeds.
    var failures = 0
    /// Runs before every drain.
    var beforeDrain: (FakeSource) -> Void = { _ in }
    /// Whether committing reports a failure; the drain is final all the same.
    var commitFails = false
    private(set) var isDetached = false
    /// As old as the counters.
    private(set) var state: CounterState

    private var taken: (flows: Int, losses: Int) = (0, 0)

    init(bootID: UInt128 = 5) {
        state = CounterState(bootID: bootID, committed: 0, pending: nil)
    }

    func drain() throws -> Drain {
        beforeDrain(self)
        guard failures == 0 else {
            failures -= 1
            throw Failure()
        }
        taken = (flows.count, losses.count)
        state.pending = state.committed + 1
        return Drain(flows: flows, losses: losses, maps: maps)
    }

    func commit() throws {
        guard let number = state.pending else { return }
        flows.removeFirst(taken.flows)
        losses.removeFirst(taken.losses)
        taken = (0, 0)
        state.committed = number
        state.pending = nil
        if commitFails { throw Failure() }
    }

    func detach() {
        isDetached = true
    }

    /// Sum of what a drain would return.
    var total: FlowCounters {
        var total = FlowCounters.zero
        for flow in flows { total += flow.counters }
        for loss in losses { total += loss.counters }
        return total
    }
}

extension KernelFlow {
    /// A flow of the cgroup `id` with `bytes` sent in one packet.
    static func sent(_ bytes: UInt64, cgroup id: UInt64 = 7, port: UInt16 = 443) -> KernelFlow {
        KernelFlow(
            cgroupID: id,
            remote: IPAddress(v4: 0xc000_0201),
            servicePort: port,
            ipProtocol: .tcp,
            initiator: .pod,
            counters: FlowCounters(egressBytes: bytes, egressPackets: 1)
        )
    }
}

extension AgentIdentity {
    /// The identity of the tests' agent.
    static var test: AgentIdentity {
        var settings = AgentSettings()
        settings.cluster = "lab"
        settings.node = "n1"
        settings.region = "r"
        return AgentIdentity(settings, bootID: 5)
    }
}

extension Sampler {
    /// A sampler over `source` that knows the cgroup 7 and drains every five seconds.
    init(_ source: FakeSource, start: Int64, interval: Duration = .seconds(5)) {
        self.init(
            source: source,
            namer: OwnerNamer { [1: "/", 7: "/system.slice/nginx.service"] },
            identity: .test,
            schedule: TickSchedule(interval: interval),
            start: start
        )
    }
}

/// 2026-01-01T00:00:00Z in nanoseconds.
let newYear: Int64 = 1_767_225_600_000_000_000
/// Nanoseconds in a second.
let second: Int64 = 1_000_000_000
