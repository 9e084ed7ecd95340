// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Ledger

/// `netledger ledger`: looks after a ledger's file, without a classifier.
struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Check a ledger's file, or put a backup in its place.",
        subcommands: [Check.self, Restore.self]
    )

    /// `netledger ledger check FILE`.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Read all of a ledger and say what is wrong with it; nothing is changed.",
            discussion: """
                Pages, schema, indices, series, watermarks, the checksums of sealed buckets, and the sums of the tiers \
                against each other and against the counters. A classifier may have the file open. The exit status is 1 \
                if something is wrong.
                """
        )

        @Argument(help: "The ledger's file.", completion: .file())
        var file: String

        mutating func run() async throws {
            let check = try LedgerCheck(path: file)
            guard !check.findings.isEmpty else {
                try StandardOutput.write("\(file) is sound: \(check.summary)\n")
                return
            }
            for finding in check.findings { try StandardOutput.write("\(file): \(finding)\n") }
            throw ExitCode(1)
        }
    }

    /// `netledger ledger restore BACKUP LEDGER`.
    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "restore",
            abstract: "Check a backup, and put a copy of it in the place of a ledger that is not open.",
            discussion: """
                Stop the classifier first. The ledger that was there is kept beside the new one. What agents have \
                delivered since the backup, and do not keep any more, is missing afterwards, and the ledger says so.
                """
        )

        @Argument(help: "The backup.", completion: .file())
        var backup: String

        @Argument(help: "Where the ledger shall be: the classifier's --database.", completion: .file())
        var ledger: String

        @Flag(help: "Replace the ledger that is there.")
        var replace = false

        mutating func run() async throws {
            let now = Int64(Date().timeIntervalSince1970)
            let old = try LedgerRestore.restore(backup, to: ledger, replacing: replace, now: now)
            try StandardOutput.write("\(ledger) is now a copy of \(backup)\n")
            if let old { try StandardOutput.write("what was there is kept as \(old)\n") }
        }
    }
}
