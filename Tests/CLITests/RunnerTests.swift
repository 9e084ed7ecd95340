// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import CLI

/// What of `netledger run` needs neither a ledger nor a kernel; the end-to-end suite runs the real programs.
@Suite struct RunnerTests {
    private func runner(_ directory: TemporaryDirectory, classifier: String, listen: String) throws -> Runner {
        let script = directory.file("classifier.sh")
        try Data("#!/bin/sh\n\(classifier)\n".utf8).write(to: URL(fileURLWithPath: script))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        let arguments = [
            "run", "--listen", listen, "--agent-listen", "127.0.0.1:1", "--logs", directory.file("logs"),
            "--database", directory.file("l.db"), "--classifier-program", script, "--agent-program", "/bin/false",
        ]
        let command = try #require(try NetLedger.parseAsRoot(arguments) as? RunCommand)
        return Runner(
            plan: try RunPlan(command.options, ownPath: "/nowhere/netledger"),
            talkers: command.table.talkers(start: "now"),
            refresh: .seconds(2)
        )
    }

    @Test func aClassifierThatDiesIsShownWithTheEndOfItsLog() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let runner = try runner(
            directory,
            classifier: "echo the ledger is newer than me; exit 3",
            listen: "127.0.0.1:2"
        )
        let failure = try await #require(throws: CommandFailure.self) { try await runner.run() }
        #expect(
            failure.description == """
                The classifier ended by itself with exit code 3. The end of its log:
                the ledger is newer than me
                All of it is in \(directory.file("logs"))/classifier.log.
                """
        )
    }

    @Test func anAddressThatIsTakenIsNotMistakenForTheClassifier() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let server = try CannedServer(body: [])
        let runner = try runner(directory, classifier: "sleep 600", listen: String(server.url.dropFirst(7)))
        let failure = try await #require(throws: CommandFailure.self) { try await runner.run() }
        #expect(failure.description.hasPrefix("Something already answers at \(server.url). Stop it, or choose"))
        #expect(!FileManager.default.fileExists(atPath: directory.file("logs") + "/classifier.log"))
    }
}
