// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Pricing
import Queries
import Settings
import Traffic

/// `netledger prices`: looks at a price book without a classifier.
struct PricesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prices",
        abstract: "Check a price book.",
        subcommands: [Check.self]
    )

    /// `netledger prices check FILE`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Say whether a price book can be used, and what it charges for; exit with 1 if it cannot.",
            usage: "netledger prices check <file>"
        )

        @Argument(help: "The YAML file.", completion: .file())
        var file: String

        mutating func run() throws {
            let book = try PriceBook(path: file)
            try StandardOutput.write(book.summary.map { $0.printable + "\n" }.joined())
        }
    }
}

extension PriceBook {
    /// The book for people, a line of text each.
    var summary: [String] {
        let day = { (second: Int64) in UTCTime(secondsSinceEpoch: second).dayText }
        var lines = [
            "\(name): \(currency), \(day(start)) to \(end.map { "before \(day($0))" } ?? "no end")"
                + (isExample ? ", an EXAMPLE of list prices" : "")
        ]
        if !source.isEmpty { lines.append("from \(source)" + (retrieved.isEmpty ? "" : ", read on \(retrieved)")) }
        for line in self.lines {
            let directions = line.directions.count == 2 ? "both directions" : line.directions.first?.rawValue ?? ""
            lines.append("\(line.charge): \(line.name), \(directions)")
            for price in line.prices {
                let span = "from \(day(price.start))" + (price.end.map { " to before \(day($0))" } ?? "")
                let tiers = price.tariff.tiers
                    .map { tier in
                        "\(tier.price) per \(price.tariff.unit.rawValue)"
                            + (tier.above == 0 ? "" : " above \(ByteUnits.decimal.text(tier.above)) a month")
                    }
                lines.append("  \(span): \(tiers.joined(separator: ", "))")
            }
        }
        lines.append("The price book can be used: \(self.lines.count) lines for \(charges.count) charges.")
        return lines
    }
}
