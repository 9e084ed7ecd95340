// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import Ledger
import Queries
import Traffic

/// What questions about a sample cost: processor time and time to the answer of this process, warm.
struct QueryFigures {
    private let path: String
    private let only: String
    private let runs = 9
    /// Enough for a 99th percentile.
    private let runsUnderLoad = 100

    /// Figures of the ledger at `path`, of the questions whose names contain `only`.
    init(path: String, only: String = "") {
        self.path = path
        self.only = only
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
                name: "30 days by workload and scope, every hour, the first 10",
                parameters: [
                    ("start", time(30)), ("end", time(0)), ("group_by", "workload,scope"), ("step", "1h"),
                    ("limit", "10"),
                ],
                goal: 300
            ),
            Question(
                name: "30 days by pod and scope, every 6 hours, the first 10",
                parameters: [
                    ("start", time(30)), ("end", time(0)), ("group_by", "pod,scope"), ("step", "6h"), ("limit", "10"),
                ]
            ),
            Question(
                name: "30 days by namespace, a row an hour",
                parameters: [("start", time(30)), ("end", time(0)), ("group_by", "namespace"), ("step", "1h")]
            ),
            Question(
                name: "one pod's last day by the minute",
                parameters: [
                    ("start", time(1)), ("end", time(0)), ("pod", pod), ("group_by", "scope"), ("step", "1m"),
                ],
                goal: 20
            ),
            Question(
                name: "1.2 million rows of CSV: 30 days by pod, every 6 hours, 2,500 pods and 720 hours by 4",
                parameters: [("start", time(30)), ("end", time(0)), ("group_by", "pod,scope"), ("step", "6h")],
                format: .csv
            ),
        ]
        var rows = [["question", "CPU ms", "ms to the answer", "most", "rows", "goal"]]
        let gauge = try ProcessGauge(processID: getpid())
        let memoryBefore = try gauge.memory()
        for question in questions where only.isEmpty || question.name.contains(only) {
            rows.append(try await ask(question, ledger))
        }
        let memory = try gauge.memory()
        Swift.print("\(machine)\n")
        Swift.print(Table(rows))
        Swift.print(
            "\nopened in \(open.shortText) ms; own memory \(memoryBefore.own.shortText) MB before the questions and "
                + "\(memory.own.shortText) MB behind them, peak resident \(memoryBefore.peak.shortText) and "
                + "\(memory.peak.shortText) MB; load at the end \(Machine.load)\n"
        )
        try await printUnderLoad(
            questions.filter { $0.goal != nil && (only.isEmpty || $0.name.contains(only)) },
            ledger,
            end
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

    /// Asks while batches are booked, and prints another table.
    private func printUnderLoad(_ questions: [Question], _ ledger: Ledger, _ end: Int64) async throws {
        guard !questions.isEmpty else { return }
        let load = try await IngestLoad(ledger, end: end)
        let ingest = Task { try await load.run() }
        var rows = [["while batches are booked", "median ms", "99th percentile", "most", "goal of the 99th"]]
        for question in questions {
            var wall: [Double] = []
            for _ in 0..<runsUnderLoad {
                let begin = ContinuousClock.now
                _ = try await answer(question, ledger)
                wall.append((ContinuousClock.now - begin) / .milliseconds(1))
            }
            wall.sort()
            rows.append([
                question.name, wall.median.shortText, wall[wall.count * 99 / 100 - 1].shortText,
                (wall.last ?? 0).shortText, (question.goal.map { 2 * $0 } ?? 0).shortText,
            ])
        }
        ingest.cancel()
        Swift.print(Table(rows))
        Swift.print("\nbooked meanwhile: \(try await ingest.value.shortText) records a second; load \(Machine.load)")
    }

    private func firstPod(_ ledger: Ledger, end: Int64) async throws -> String {
        var query = UsageQuery(start: end - 3600, end: end, groupBy: [.pod])
        query.limit = 1
        return try await ledger.answer(to: query).rows.first?.group.first ?? ""
    }

    private func ask(_ question: Question, _ ledger: Ledger) async throws -> [String] {
        let gauge = try ProcessGauge(processID: getpid())
        var (cpu, wall): ([Double], [Double]) = ([], [])
        var lines = 0
        for run in 0...runs {
            let (begin, cpuBegin) = (ContinuousClock.now, try gauge.seconds())
            lines = try await answer(question, ledger)
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

    /// Answers `question` as the API does, and counts the rows.
    private func answer(_ question: Question, _ ledger: Ledger) async throws -> Int {
        var parameters = QueryParameters(question.parameters)
        parameters.horizon = ledger.horizon()
        let query = try UsageQuery(parameters: parameters, now: Int64(Date().timeIntervalSince1970))
        var (rows, bytes) = (0, 0)
        guard question.format == .csv, query.isStepped else {
            let answer = try await ledger.answer(to: query)
            guard answer.isComplete else { throw BenchmarkError("\(question.name) is not complete") }
            for chunk in answer.chunks(as: question.format) { bytes += chunk.count }
            return answer.rows.count
        }
        let stream = try await ledger.stream(query)
        for (index, slice) in stream.slices.enumerated() {
            let answer = try await stream.answer(slice)
            guard answer.isComplete else { throw BenchmarkError("\(question.name) is not complete") }
            for chunk in index == 0 ? answer.chunks(as: .csv) : answer.continuedCSVChunks { bytes += chunk.count }
            rows += answer.rows.count
        }
        return rows
    }
}
