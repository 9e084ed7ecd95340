// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import Ledger
import Queries
import Traffic

/// What questions about a sample cost: processor time and time to the answer of this process, warm.
struct QueryFigures {
    private let path: String
    private let runs = 9

    /// Figures of the ledger at `path`.
    init(path: String) {
        self.path = path
    }

    private struct Question {
        var name: String
        var parameters: [(name: String, value: String)]
        var format = AnswerFormat.json
        var goal: Double?
    }

    /// Asks, and prints a table.
    func print() async throws {
        let opened = ContinuousClock.now
        let ledger = try Ledger(path: path)
        let open = (ContinuousClock.now - opened) / .milliseconds(1)
        // The sample ends at the minutes' horizon and two days.
        let end = ledger.horizon().minute + 2 * 86_400
        let machine = try Machine(directory: URL(fileURLWithPath: path).deletingLastPathComponent().path)
        func time(_ ago: Int64) -> String { UTCTime(secondsSinceEpoch: end - ago * 86_400).description }
        let pod = try await firstPod(ledger, end: end)
        let questions = [
            Question(
                name: "13 months by namespace",
                parameters: [("start", time(394)), ("end", time(0)), ("group_by", "namespace")],
                goal: 50
            ),
            Question(
                name: "13 months by namespace and month",
                parameters: [("start", time(394)), ("end", time(0)), ("group_by", "namespace"), ("step", "1M")]
            ),
            Question(
                name: "13 months by pod",
                parameters: [("start", time(394)), ("end", time(0)), ("group_by", "pod"), ("limit", "100")]
            ),
            Question(
                name: "30 days by pod and scope, read by the hour",
                parameters: [
                    ("start", time(30)), ("end", time(0)), ("group_by", "pod,scope"), ("step", "6h"), ("limit", "10"),
                ],
                goal: 300
            ),
            Question(
                name: "30 days by namespace, a row an hour",
                parameters: [("start", time(30)), ("end", time(0)), ("group_by", "namespace"), ("step", "1h")]
            ),
            Question(
                name: "one pod's last day by the minute",
                parameters: [("start", time(1)), ("end", time(0)), ("pod", pod), ("step", "1m")],
                goal: 20
            ),
            Question(
                name: "1.2 million rows of CSV: 30 days by pod, every 6 hours, 2,500 pods and 720 hours by 4",
                parameters: [("start", time(30)), ("end", time(0)), ("group_by", "pod,scope"), ("step", "6h")],
                format: .csv
            ),
        ]
        var rows = [["question", "CPU ms", "ms to the answer", "most", "rows", "goal"]]
        for question in questions { rows.append(try await ask(question, ledger)) }
        let gauge = try ProcessGauge(processID: getpid())
        let memory = try gauge.memory()
        Swift.print("\(machine)\n")
        Swift.print(Table(rows))
        Swift.print(
            "\nopened in \(open.shortText) ms; \(memory.own.shortText) MB own memory, "
                + "\(memory.peak.shortText) MB peak resident; load at the end \(Machine.load)"
        )
        Swift.print("file \(try await ledger.status().fileBytes / 1_000_000) MB")
        for size in try await ledger.sealedSizes() {
            Swift.print(
                "\(size.tier.rawValue): \(size.rows) sealed rows in \(size.bytes) bytes: "
                    + "\((Double(size.bytes) / Double(max(1, size.rows))).shortText) bytes a row"
            )
        }
        await ledger.close()
    }

    private func firstPod(_ ledger: Ledger, end: Int64) async throws -> String {
        var query = UsageQuery(start: end - 3600, end: end, groupBy: [.pod])
        query.limit = 1
        return UsageAnswer(query, try await ledger.facts(for: query)).rows.first?.group.first ?? ""
    }

    private func ask(_ question: Question, _ ledger: Ledger) async throws -> [String] {
        let gauge = try ProcessGauge(processID: getpid())
        var (cpu, wall): ([Double], [Double]) = ([], [])
        var lines = 0
        for run in 0...runs {
            let (begin, cpuBegin) = (ContinuousClock.now, try gauge.seconds())
            let query = try UsageQuery(
                parameters: question.parameters,
                now: Int64(Date().timeIntervalSince1970),
                horizon: ledger.horizon()
            )
            let answer = UsageAnswer(query, try await ledger.facts(for: query))
            var bytes = 0
            for chunk in answer.chunks(as: question.format) { bytes += chunk.count }
            guard answer.isComplete, bytes > 0 else { throw BenchmarkError("\(question.name) is not complete") }
            lines = answer.rows.count
            // The first answer brings the file into memory.
            guard run > 0 else { continue }
            cpu.append((try gauge.seconds() - cpuBegin) * 1000)
            wall.append((ContinuousClock.now - begin) / .milliseconds(1))
        }
        return [
            question.name, cpu.median.shortText, wall.median.shortText, (wall.max() ?? 0).shortText, "\(lines)",
            question.goal?.shortText ?? "",
        ]
    }
}
