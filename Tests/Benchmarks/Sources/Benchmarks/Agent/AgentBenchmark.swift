// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import TestSupport

/// What the agent takes of its node, idle and with many live flows.
///
/// It meters cgroups of this benchmark's own only, so that the host's traffic is not in the figures. What the
/// hooks cost is not in them either: the kernel books that to the processes that send and receive.
struct AgentBenchmark {
    /// Where it is measured.
    let bench: Workbench

    private static let flows = 10_000
    private static let groups = 100
    /// Seconds between two drains: the agent's default.
    private static let interval = 5.0

    /// Figures without flows, with 10,000, and of the difference.
    func run() async throws -> [Figure] {
        let classifier = try await ClassifierProcess(on: bench, ledger: "agent.db")
        defer { classifier.stop() }
        let lab = try CgroupLab()
        bench.atEnd { lab.remove() }
        defer { lab.remove() }
        let groups = try (0..<Self.groups).map { try lab.group("pod-\($0)") }
        let agent = try bench.start(
            "netledger-agent",
            [
                "--classifier", "http://127.0.0.1:\(classifier.port)", "--listen", "127.0.0.1:0", "--node", "bench",
                "--interval", "5s", "--cgroup-root", try root(of: lab),
            ]
        )
        defer { agent.kill() }
        try await agent.waitForLine(containing: "Attached")
        let gauge = try ProcessGauge(processID: agent.processID)
        let idle = try await watch(gauge, "no flows")

        let source = try startSource(groups)
        defer { source.kill() }
        try await waitUntil("the agent has seen all flows", within: .seconds(60)) {
            try await Task.sleep(for: .seconds(1))
            return try classifier.liveFlows >= Double(Self.flows)
        }
        let busy = try await watch(gauge, "\(Self.flows) flows")
        let live = try classifier.liveFlows
        guard (Double(Self.flows)...Double(Self.flows) * 1.05).contains(live) else {
            throw BenchmarkError("\(Self.flows) flows were to be live, and \(live.shortText) are")
        }
        // The agent's memory does not shrink at once, so it is compared at the end of each part only.
        return figures("agent, no flows", idle)
            + figures("agent, \(Double(Self.flows).shortText) live flows in \(Self.groups) cgroups", busy)
            + [
                Figure(
                    subject: "agent, each 10,000 live flows",
                    name: "CPU per drain",
                    unit: "ms",
                    samples: [busy.median - idle.median],
                    goal: nil
                ),
                Figure(
                    subject: "agent, each 10,000 live flows",
                    name: "memory",
                    unit: "MB",
                    samples: [busy.memory.resident - idle.memory.resident],
                    goal: nil
                ),
            ]
    }

    private func figures(_ label: String, _ part: Part) -> [Figure] {
        func figure(_ name: String, _ unit: String, _ samples: [Double], goal: Double? = nil) -> Figure {
            Figure(subject: label, name: name, unit: unit, samples: samples, goal: goal)
        }
        return [
            figure("CPU per drain", "ms", part.milliseconds),
            figure("CPU, drained every 5 s", "% of a core", part.milliseconds.map { $0 / Self.interval / 10 }),
            figure("resident memory", "MB", [part.memory.resident], goal: 30),
            figure("peak of it", "MB", [part.memory.peak]),
            figure("of it anonymous", "MB", [part.memory.own]),
            figure("kernel memory of its maps", "MB", [part.mapMemory]),
        ]
    }

    /// The processor time of each of some drains, and the memory after them.
    private func watch(_ gauge: ProcessGauge, _ label: String) async throws -> Part {
        let count = bench.choose(12, quick: 2)
        bench.tell("  \(label): \(count) drains")
        // The first drains after a change allocate what later ones reuse.
        for _ in 0..<2 { try await sleepBetweenDrains() }
        var milliseconds: [Double] = []
        var before = try gauge.seconds()
        for _ in 0..<count {
            try await sleepBetweenDrains()
            let now = try gauge.seconds()
            milliseconds.append((now - before) * 1000)
            before = now
        }
        return Part(milliseconds: milliseconds, memory: try gauge.memory(), mapMemory: try gauge.mapMemory())
    }

    /// Waits until the middle of the next interval: agents drain at the multiples of 5 s, UTC.
    private func sleepBetweenDrains() async throws {
        let phase = Date.now.timeIntervalSince1970.truncatingRemainder(dividingBy: Self.interval)
        let middle = Self.interval / 2
        let wait = phase < middle - 0.1 ? middle - phase : middle + Self.interval - phase
        try await Task.sleep(for: .seconds(wait))
    }

    private func startSource(_ groups: [CgroupLab.Group]) throws -> ChildProcess {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let child = try ChildProcess(
            [program, DatagramSource.command, String(Self.flows / Self.groups)] + groups.map(\.path),
            outputPath: bench.file("source.log")
        )
        bench.atEnd { child.kill() }
        return child
    }

    /// The cgroup that holds all of the lab's.
    private func root(of lab: CgroupLab) throws -> String {
        guard let mount = CgroupLab.mountPoint else { throw BenchmarkError("no cgroup v2 file system is mounted") }
        return mount + lab.cgroupPath
    }

    /// What was measured without a change of traffic.
    private struct Part {
        var milliseconds: [Double]
        var memory: ProcessMemory
        var mapMemory: Double

        var median: Double {
            Figure(subject: "", name: "", unit: "", samples: milliseconds, goal: nil).median
        }
    }
}

extension ClassifierProcess {
    /// Flows that the agents' kernel maps held at their last drain.
    fileprivate var liveFlows: Double {
        get throws {
            // An idle agent may not have sent anything yet.
            (try? metric("netledger_agent_ebpf_map_current_size")) ?? 0
        }
    }
}
