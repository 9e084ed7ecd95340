// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Queries
import Traffic

/// `netledger allocate`: splits a bill over what caused it.
struct AllocateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allocate",
        abstract: "Split the network lines of a bill over workloads by measured bytes, to the last digit.",
        usage: "netledger allocate <bill.csv> [<options>]",
        discussion: """
            The bill has the columns of FOCUS, or of AWS's cost and usage report. Lines for NAT gateways, between \
            zones, to the internet and to other regions are split; others are counted and left alone. What was billed \
            and not measured is shown as unexplained; the parts and it add up to the bill.

              netledger allocate october.csv --by namespace,pod --format csv > allocated.csv

            A bill in FOCUS can be written again with these lines split (FOCUS 1.3), so that it replaces the bill:
              netledger allocate october.csv --by namespace,pod --focus allocated-focus.csv

            Saved with the classifier, a bill answers 'netledger costs --basis allocated':
              netledger allocate october.csv --save october

            GB on the bill are taken as 10^9 bytes, GiB as 2^30.
            """
    )

    @Argument(help: "The CSV file.", completion: .file(extensions: ["csv"]))
    var file: String

    @Option(help: ArgumentHelp("Dimensions to split by, separated by commas.", valueName: "dimensions"))
    var by = Queries.Dimension.namespace.rawValue

    @Option(
        help: ArgumentHelp(
            "Write the bill as FOCUS 1.3 to this file, which appears when it is whole.",
            valueName: "file"
        ),
        completion: .file()
    )
    var focus: String?

    @Option(help: ArgumentHelp("Save what bytes caused of the bill with the classifier.", valueName: "name"))
    var save: String?

    @OptionGroup var output: ReportOutput
    @OptionGroup var server: ServerOptions

    mutating func run() async throws {
        let dimensions = try by.split(separator: ",")
            .map { name in
                guard let dimension = Queries.Dimension(rawValue: String(name)), dimension != .region else {
                    throw ValidationError("--by: '\(name)' is not a dimension to split by.")
                }
                return dimension
            }
        let bill = try Self.bill(file)
        if focus != nil, !bill.isFocus {
            throw CommandFailure("\(file): only a bill with the columns of FOCUS can be written as FOCUS.".printable)
        }
        let client = try server.client()
        if let save {
            let saved = try client.decode(
                SavedBody.self,
                await client.post("/api/v1/bills", [("name", save)], csv: bill.summary)
            )
            StandardError.write(
                "Saved as \(saved.name): \(saved.start) to \(saved.end), sha256 \(saved.hash)".printable
            )
        }
        var measured: [BillKind: [BillAllocation.Measured]] = [:]
        for kind in BillKind.allCases {
            let items = bill.sortedItems.filter { $0.kind == kind }
            guard let start = items.map(\.period.lowerBound).min(), let end = items.map(\.period.upperBound).max()
            else {
                continue
            }
            let wholeDays = items.allSatisfy {
                $0.period.lowerBound % 86_400 == 0 && $0.period.upperBound % 86_400 == 0
            }
            let answer = try await client.usage(
                [
                    ("start", UTCTime(secondsSinceEpoch: start).description),
                    ("end", UTCTime(secondsSinceEpoch: end).description), ("step", wholeDays ? "1d" : "1h"),
                    ("group_by", ([.region] + dimensions).map(\.rawValue).joined(separator: ",")),
                ] + kind.filters
            )
            measured[kind] = answer.rows.map { row in
                .init(
                    start: row.bucketStart,
                    region: row.group.first ?? "",
                    group: Array(row.group.dropFirst()),
                    counters: row.counters
                )
            }
        }
        if let focus {
            var split = FocusAllocation(bill, dimensions: dimensions, measured: measured)
            let target = try NewFile(focus)
            do {
                try Self.read(file) { try target.write(split.read($0)) }
                try target.write(split.finish())
                try target.finish()
            } catch {
                target.discard()
                throw error
            }
        }
        let allocation = BillAllocation(bill, dimensions: dimensions, measured: measured)
        let style = TableStyle(units: output.units, width: StandardOutput.size?.columns)
        for piece in allocation.report.chunks(as: output.format, style: style) { try StandardOutput.write(piece) }
        if output.format == .json { try StandardOutput.write("\n") }
    }

    /// The bill in the file at `path`.
    static func bill(_ path: String) throws -> Bill {
        var bill = Bill()
        try read(path) { try bill.read($0) }
        do {
            try bill.finish()
        } catch {
            throw CommandFailure("\(path): \(error)".printable)
        }
        return bill
    }

    /// Hands the file at `path` to `use`, piece by piece.
    private static func read(_ path: String, _ use: (Data) throws -> Void) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw CommandFailure("Cannot read \(path).") }
        defer { handle.closeFile() }
        do {
            while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { try use(piece) }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("\(path): \(error)".printable)
        }
    }
}

/// What the classifier says of a bill that it saved.
private struct SavedBody: Decodable {
    var name: String
    var start: String
    var end: String
    var hash: String
}
