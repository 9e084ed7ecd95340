// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Glibc
import Ledger
import Queries
import Traffic

/// `netledger backup`: a checked copy of a running classifier's ledger, in a file of this host.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the ledger of a running classifier to a file, and check the copy.",
        discussion: """
            The classifier goes on booking meanwhile. The file gets its name only when it is whole, on disk and \
            checked. Put it back with 'netledger ledger restore'.
            """
    )

    @Argument(help: "The file to write.", completion: .file())
    var file: String

    @Flag(help: "Replace the file if there is one.")
    var replace = false

    @OptionGroup var server: ServerOptions

    mutating func run() async throws {
        let client = try server.client()
        guard replace || access(file, F_OK) != 0 else {
            throw CommandFailure("There is a file \(file) already. Name another, or give --replace.")
        }
        let part = file + ".part"
        let output = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw CommandFailure("Cannot write \(part): \(String(cString: strerror(errno))).") }
        var isDone = false
        defer {
            close(output)
            if !isDone { unlink(part) }
        }
        let handle = FileHandle(fileDescriptor: output, closeOnDealloc: false)
        do {
            try await client.stream("/api/v1/backup", []) { piece in try handle.write(contentsOf: piece) }
            try handle.synchronize()
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure("Cannot write \(part): \(error).")
        }
        let check = try LedgerCheck(path: part)
        guard check.findings.isEmpty else {
            throw CommandFailure("The copy is damaged, and was thrown away: \(check.findings[0])")
        }
        guard rename(part, file) == 0 else {
            throw CommandFailure("Cannot name the copy \(file): \(String(cString: strerror(errno))).")
        }
        isDone = true
        try StandardOutput.write("\(file): \(check.summary)\n")
    }
}

extension LedgerCheck {
    /// What a sound ledger holds, in a line.
    var summary: String {
        "schema version \(schemaVersion), \(series) series, \(totals.egressBytes) egress and "
            + "\(totals.ingressBytes) ingress bytes ever booked"
    }
}
