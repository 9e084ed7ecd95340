// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Queries

/// How an answer that the classifier writes is asked for and shown.
struct ReportOutput: ParsableArguments {
    @Option(help: "table, json or csv.")
    var format = AnswerFormat.table

    @Option(help: "Units of bytes in tables: decimal (kB, MB), binary (KiB, MiB) or exact.")
    var units = ByteUnits.decimal

    /// Asks `path` and writes the answer to standard output as it comes.
    func write(
        _ path: String,
        _ parameters: [(name: String, value: String)],
        from client: ClassifierClient
    ) async throws {
        var parameters = parameters + [("format", format.rawValue)]
        if format == .table {
            parameters.append(("units", units.rawValue))
            if let size = StandardOutput.size {
                parameters.append(("width", String(min(max(size.columns, 20), 10_000))))
            }
        }
        try await Download(path: path, parameters: parameters).run(from: client)
        if format == .json { try StandardOutput.write("\n") }
    }
}
