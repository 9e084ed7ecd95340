// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import Traffic

/// What one question about a month costs the classifier.
struct QueryBenchmark {
    /// Where it is measured.
    let bench: Workbench

    private static let hour: Int64 = 3600
    private static let day: Int64 = 86_400

    /// Figures for a query by namespace, read from hours and from days.
    func run() async throws -> [Figure] {
        let month = HourlyMonth(
            pods: 2500,
            days: bench.choose(30, quick: 2),
            end: Int64(Date.now.timeIntervalSince1970) / Self.day * Self.day
        )
        // Nobody waits for these commits, so they need not wait for company.
        let classifier = try await ClassifierProcess(on: bench, ledger: "query.db", ["--commit-interval", "1ms"])
        defer { classifier.stop() }
        let begin = ContinuousClock.now
        let total = try month.fill(classifier, progress: bench.tell)
        let filled = (ContinuousClock.now - begin) / .seconds(1)
        bench.tell("  filled over POST /v1/flows in \(filled.shortText) s")

        let rows = Double(month.days * 24 * month.series)
        let ledger = Figure(
            subject: "query, \(month.days) days x \(Double(month.series).shortText) hourly series",
            name: "size of the ledger, minutes included",
            unit: "MB",
            samples: [try classifier.metric("netledger_classifier_ledger_bytes") / 1e6],
            goal: nil
        )
        // One more empty hour, and the range is no longer one of whole days.
        let hours = Question(start: month.start, end: month.end + Self.hour, resolution: "hour", total: total)
        let days = Question(start: month.start, end: month.end, resolution: "day", total: total)
        return [ledger]
            + (try ask(hours, of: classifier, "query, \(rows.shortText) hourly rows by namespace"))
            + (try ask(days, of: classifier, "query, \((rows / 24).shortText) daily rows by namespace"))
    }

    private func ask(_ question: Question, of classifier: ClassifierProcess, _ label: String) throws -> [Figure] {
        let connection = try HTTPConnection(port: classifier.port)
        defer { connection.close() }
        let gauge = try classifier.gauge()
        var cpu: [Double] = []
        var wall: [Double] = []
        for run in 0...bench.choose(7, quick: 2) {
            let start = ContinuousClock.now
            let cpuStart = try gauge.seconds()
            let body = try connection.send(question.request).accepted()
            let seconds = try gauge.seconds() - cpuStart
            let time = ContinuousClock.now - start
            try question.check(body)
            // The first answer brings the file into memory.
            guard run > 0 else { continue }
            cpu.append(seconds * 1000)
            wall.append(time / .milliseconds(1))
        }
        bench.tell("  \(label): done")
        return [
            Figure(subject: label, name: "CPU", unit: "ms", samples: cpu, goal: nil),
            Figure(subject: label, name: "time to the answer", unit: "ms", samples: wall, goal: nil),
        ]
    }
}
