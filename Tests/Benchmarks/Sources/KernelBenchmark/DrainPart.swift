// SPDX-License-Identifier: Apache-2.0
import Capture
import Glibc
import Instruments
import TestSupport

/// Processor time of `Meter.drain()` with its `commit()`, and the memory they take.
struct DrainPart {
    /// Where it is measured.
    let stage: Stage

    /// A table.
    func run() async throws -> String {
        let sizes = stage.options.isQuick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000]
        var rows = [["live flows", "figure", "median", "min - max", "rounds", "goal"]]
        for flows in sizes {
            stage.tell("drain of \(flows) flows")
            rows += try await measure(flows)
                .map { figure in
                    [
                        Double(flows).shortText, "\(figure.name), \(figure.unit)", figure.median.shortText,
                        "\(figure.range.lowerBound.shortText) - \(figure.range.upperBound.shortText)",
                        String(figure.samples.count), figure.goal?.shortText ?? "",
                    ]
                }
        }
        return """
            A drain and its commit: processor time of the thread, user and system.

            \(Table(rows))
            """
    }

    private func measure(_ flows: Int) async throws -> [Figure] {
        // A million flows take half a minute to make, each time.
        let rounds = min(stage.options.rounds, flows < 1_000_000 ? 5 : 3)
        let gauge = try ProcessGauge(processID: getpid())
        var times: [Condition: [Double]] = [:]
        var memory: [String: [Double]] = [:]
        for round in 0..<rounds {
            let group = try stage.cgroups.group("drain-\(flows)-\(round)")
            let maps = try gauge.mapMemory()
            let resident = try gauge.memory().resident
            var configuration = MeterConfiguration(cgroupRoot: group.path, flowCapacity: UInt32(flows + flows / 2))
            configuration.ownerQuota = configuration.flowCapacity
            // The two drains that find no change leave the flows in place; the next one retires them.
            configuration.idleDrains = 3
            let meter = try Meter(configuration)
            memory["kernel maps", default: []].append(try gauge.mapMemory() - maps)
            for condition in Condition.allCases {
                if condition.isChanged { try await stage.makeFlows(flows, in: group) }
                let (milliseconds, found) = try time(meter)
                guard found == (condition.isChanged ? flows : 0) else {
                    throw BenchmarkError("the drain found \(found) flows, and \(flows) were sent")
                }
                times[condition, default: []].append(milliseconds)
            }
            memory["resident in the reader", default: []].append(try gauge.memory().resident - resident)
        }
        let subject = "\(flows)"
        return Condition.allCases.map {
            Figure(
                subject: subject,
                name: $0.rawValue,
                unit: "ms CPU",
                samples: times[$0] ?? [],
                goal: flows == 100_000 ? 50 : nil
            )
        }
            + memory.sorted { $0.key < $1.key }
            .map { Figure(subject: subject, name: $0.key, unit: "MB", samples: $0.value, goal: nil) }
    }

    /// What happened to the flows since the drain before, in the order in which it is measured.
    private enum Condition: String, CaseIterable {
        case first = "all flows new"
        case changed = "all changed"
        case changedAgain = "all changed, once more"
        case unchanged = "none changed"
        case unchangedAgain = "none changed, once more"
        case retired = "none changed, all retired"
        case freed = "all given back"

        /// True if every flow moves before the drain.
        var isChanged: Bool { [.first, .changed, .changedAgain].contains(self) }
    }

    /// Milliseconds of processor time of a drain with its commit, and how many flows it had.
    private func time(_ meter: Meter) throws -> (milliseconds: Double, flows: Int) {
        let before = threadTime()
        let drain = try meter.drain()
        try meter.commit()
        return ((threadTime() - before) * 1e3, drain.flows.count)
    }

    /// Seconds of processor time, user and system, of the calling thread.
    private func threadTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
