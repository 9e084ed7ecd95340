// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic

/// Whatever happens to agent, classifier, their disks and the network between them, the books balance to the byte.
///
/// `make test-faults` and `make soak` let more happen: `NETLEDGER_FAULT_SECONDS` is for how long.
@Suite(.serialized, .whereMeteringWorks) struct FaultTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    private static var time: Duration {
        .seconds(ProcessInfo.processInfo.environment["NETLEDGER_FAULT_SECONDS"].flatMap { Int($0) } ?? 4)
    }

    @Test func theBooksBalanceWhateverHappens() async throws {
        let random = SeededRandom()
        print("fault: seed \(random.seed)")
        let run = try FaultRun(random)
        defer { run.remove() }
        do {
            try await run.run(for: Self.time)
            try await expectBalance(run, seed: random.seed)
        } catch {
            Issue.record("seed \(random.seed): \(error)\n\(run.log.joined(separator: "\n"))")
        }
    }

    private func expectBalance(_ run: FaultRun, seed: UInt64) async throws {
        let comment: Comment = "seed \(seed)\n\(run.log.joined(separator: "\n"))"
        let usage = try await run.usage(by: ["pod", "initiator"])
        let truth = try run.lab.accounts()
        var booked: [TrafficLab.Account: FlowCounters] = [:]
        let hosts = run.lab.sides.map { $0.group.cgroupPath.split(separator: "/").last.map(String.init) }
        for (group, counters) in try usage.byGroup("pod", "initiator") {
            let host = try #require(hosts.firstIndex(of: group[0]), "\(group[0]) is not a host of the lab")
            let account = TrafficLab.Account(host: host, initiator: Initiator(name: group[1]) ?? .unknown)
            booked[account, default: .zero] += counters
        }
        let passed = truth.values.reduce(into: FlowCounters.zero) { $0 += $1 }
        let lost = usage.lost.reduce(into: FlowCounters.zero) { $0 += $1.counters }
        var known = booked.values.reduce(into: FlowCounters.zero) { $0 += $1 }
        known += lost
        print(
            "fault: \(passed.egressBytes + passed.ingressBytes) bytes passed, "
                + "\(lost.egressBytes + lost.ingressBytes) lost by name: \(usage.lost.map(\.reason))"
        )
        #expect(known == passed, comment)
        #expect(run.damages > 0 || booked == truth, comment)
        #expect(run.damages > 0 || usage.lost.isEmpty, comment)
        #expect(Set(usage.lost.map(\.reason)).isSubset(of: ["spool_corrupt", "not_received"]), comment)
        #expect(!passed.isZero, comment)
    }
}
