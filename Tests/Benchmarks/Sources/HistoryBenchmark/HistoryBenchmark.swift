// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments

/// Makes a ledger of 13 months, and measures what questions about it cost.
///
/// The questions go through the library, from the parameters of the API to the bytes of the answer; HTTP is not in the
/// figures.
@main
enum HistoryBenchmark {
    static let usage = """
        usage: HistoryBenchmark sample [--quick] FILE     write a ledger of 13 months with 20,000 active series
               HistoryBenchmark query FILE [WORDS]        ask it, and print what the answers cost
          WORDS       only the questions whose names contain them
          --quick     2 months and 2,000 series
        """

    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let isQuick = arguments.contains("--quick")
        arguments.removeAll { $0 == "--quick" }
        do {
            switch (arguments.first, arguments.count) {
            case ("sample", 2):
                let now = Int64(Date().timeIntervalSince1970)
                try LedgerSample(path: arguments[1], now: now, isQuick: isQuick).write()
            case ("query", 2), ("query", 3):
                try await QueryFigures(path: arguments[1], only: arguments.count > 2 ? arguments[2] : "").print()
            default:
                FileHandle.standardError.write(Data((usage + "\n").utf8))
                exit(EX_USAGE)
            }
        } catch {
            FileHandle.standardError.write(Data("HistoryBenchmark: \(error)\n".utf8))
            exit(EXIT_FAILURE)
        }
    }
}
