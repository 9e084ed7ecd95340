// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Queries

/// `netledger close`: freezes a month.
struct CloseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close",
        abstract: "Freeze a month: its bytes and costs, the price book, the rules, and a hash over them.",
        usage: "netledger close <yyyy-mm> [<options>]",
        discussion: """
            Close October, and see later whether it still is what was closed:
              netledger close 2026-10
              netledger close 2026-10 --check

            Closing again after late bytes arrived, or prices or rules changed, adds a restatement; what was closed \
            before stays. --check changes nothing, and exits with 1 if the month differs from its last revision.
            """
    )

    @Argument(help: ArgumentHelp("The month (UTC); none lists the closed ones.", valueName: "yyyy-mm"))
    var month: String?

    @Flag(help: "Only say whether the month is what was closed.")
    var check = false

    @Option(help: ArgumentHelp("Write the frozen document of a revision, as JSON.", valueName: "number"))
    var show: Int?

    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        if let month, UTCTime.month(month) == nil {
            throw ValidationError("'\(month)' is not a month, such as 2026-10.")
        }
        if month == nil, check || show != nil { throw ValidationError("Name the month, such as 2026-10.") }
        if check, show != nil { throw ValidationError("Use --check or --show, not both.") }
    }

    mutating func run() async throws {
        let client = try server.client()
        guard let month else {
            let list = try client.decode(CloseList.self, await client.get("/api/v1/close"))
            for close in list.closes { try StandardOutput.write(close.line) }
            return
        }
        if let show {
            let parameters = [("month", month), ("revision", String(show))]
            try StandardOutput.write(await client.get("/api/v1/close", parameters) + [UInt8(ascii: "\n")])
            return
        }
        guard check else {
            let close = try client.decode(CloseBody.self, await client.post("/api/v1/close", [("month", month)]))
            try StandardOutput.write(close.line)
            if close.changed == false { try StandardOutput.write("Nothing changed since then.\n") }
            return
        }
        let close = try client.decode(CloseBody.self, await client.get("/api/v1/close", [("month", month)]))
        try StandardOutput.write(close.line)
        guard close.currentHash == close.hash else {
            try StandardOutput.write("The month differs from it now; close it again to restate it.\n")
            throw ExitCode(1)
        }
        try StandardOutput.write("The month still is what was closed.\n")
    }
}

private struct CloseList: Decodable {
    var closes: [CloseBody]
}

private struct CloseBody: Decodable {
    var month: String
    var revision: Int
    var kind: String
    var closedAt: String
    var hash: String
    var changed: Bool?
    var currentHash: String?

    enum CodingKeys: String, CodingKey {
        case month
        case revision
        case kind
        case closedAt = "closed_at"
        case hash
        case changed
        case currentHash = "current_hash"
    }

    var line: String {
        "\(month) revision \(revision) (\(kind)) of \(closedAt): sha256 \(hash)".printable + "\n"
    }
}
