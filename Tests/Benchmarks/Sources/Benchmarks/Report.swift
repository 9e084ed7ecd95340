// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments

/// All figures of one run, and what they were measured on.
struct Report: Codable, Sendable, CustomStringConvertible {
    /// The machine, and its load at the start.
    var machine: Machine
    /// The load averages at the end.
    var loadAtEnd: String
    /// True if the runs were too small for comparing.
    var isQuick: Bool
    /// The figures in the order they were measured.
    var figures: [Figure]

    /// Everything, with all samples.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// The machine and a table in Markdown.
    var description: String {
        let head = ["what", "figure", "median", "min - max", "runs", "goal"]
        let rows = figures.map { figure in
            [
                figure.subject,
                figure.unit.isEmpty ? figure.name : "\(figure.name), \(figure.unit)",
                figure.median.shortText,
                figure.samples.count > 1
                    ? "\(figure.range.lowerBound.shortText) - \(figure.range.upperBound.shortText)" : "",
                String(figure.samples.count),
                figure.goal?.shortText ?? "",
            ]
        }
        return """
            \(machine); at the end \(loadAtEnd)\(isQuick ? "\nA quick run: these figures are not for comparing." : "")

            \(Table([head] + rows))
            """
    }
}
