// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// All figures of one run, and what they were measured on.
package struct Report: Codable, Sendable, CustomStringConvertible {
    /// The machine, and its load at the start.
    package var machine: Machine
    /// The load averages at the end.
    package var loadAtEnd: String
    /// True if the runs were too small for comparing.
    package var isQuick: Bool
    /// The figures in the order they were measured.
    package var figures: [Figure]

    /// `figures`, measured on `machine`; the load at the end is that of now.
    package init(machine: Machine, isQuick: Bool, figures: [Figure]) {
        self.machine = machine
        loadAtEnd = Machine.load
        self.isQuick = isQuick
        self.figures = figures
    }

    /// Everything, with all samples.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// The machine and a table in Markdown.
    package var description: String {
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
