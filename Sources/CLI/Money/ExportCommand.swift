// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Queries

/// `netledger export`: files for finance.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write costs as FOCUS CSV, and check such files.",
        subcommands: [Focus.self, Check.self]
    )

    /// `netledger export focus`.
    struct Focus: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "focus",
            abstract: "Write what every pod or unit cost on every day as FOCUS 1.2 CSV.",
            usage: "netledger export focus [<options>]",
            discussion: """
                Last month, into a file:
                  netledger export focus --last-month --output october.csv

                The rows are estimates by the classifier's price book, and say so in x_CostBasis.
                """
        )

        @OptionGroup var period: PeriodOptions

        @Option(
            name: .customLong("where"),
            help: ArgumentHelp("Count only what has this value; may be repeated.", valueName: "dimension=value")
        )
        var filters: [String] = []

        @Option(
            help: ArgumentHelp("Write to this file, which appears when it is whole.", valueName: "file"),
            completion: .file()
        )
        var output: String?

        @OptionGroup var server: ServerOptions

        mutating func run() async throws {
            let now = Int64(Date().timeIntervalSince1970)
            var parameters = try period.parameters(now: now)
            for filter in filters {
                let parts = filter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    .map(String.init)
                guard parts.count == 2 else {
                    throw ValidationError("--where: '\(filter)' is not dimension=value.")
                }
                parameters.append((parts[0], parts[1]))
            }
            try await Download(path: "/api/v1/focus", parameters: parameters).run(from: server.client(), to: output)
        }
    }

    /// `netledger export check FILE`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check a CSV file against the rules of FOCUS 1.2; exit with 1 if it breaks one.",
            usage: "netledger export check <file>"
        )

        @Argument(help: "The CSV file.", completion: .file())
        var file: String

        mutating func run() throws {
            var validator = FocusValidator()
            guard let handle = FileHandle(forReadingAtPath: file) else {
                throw CommandFailure("Cannot read \(file).")
            }
            defer { handle.closeFile() }
            while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { validator.read(piece) }
            validator.finish()
            for finding in validator.findings { try StandardOutput.write("\(finding)".printable + "\n") }
            let rest = validator.count - validator.findings.count
            if rest > 0 { try StandardOutput.write("and \(rest) more\n") }
            try StandardOutput.write("\(validator.rows) rows, \(validator.count) findings\n")
            if validator.count > 0 { throw ExitCode(1) }
        }
    }
}
