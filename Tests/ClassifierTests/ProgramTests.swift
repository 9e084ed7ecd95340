// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import Ledger
import NIOCore
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

/// What an operator sees of the program: its lines, its exit status, its end.
@Suite struct ProgramTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func aSignalAnswersWhatRunsAndCommitsIt(signal: Int32) async throws {
        defer { directory.remove() }
        // So long that only the end of the program can hasten the commit.
        let arguments = ["--database", directory.file("ledger.db"), "--commit-interval", "60s"]
        let classifier = try await ClassifierProcess(arguments: arguments, in: directory)
        let batch = FlowBatch.test(start: Int64(Date.now.timeIntervalSince1970) - 120)
        async let response = classifier.withClient { try await $0.post(batch) }
        try await classifier.withClient { client in
            try await waitUntil("the batch waits for its commit") {
                let text = String(buffer: try await client.get("/metrics").body ?? ByteBuffer())
                return MetricsSnapshot(text)["netledger_classifier_waiting_rows"] == 1
            }
        }
        classifier.process.signal(signal)
        let answer = try await response
        #expect(answer.status == .ok)
        let body = Array((answer.body ?? ByteBuffer()).readableBytesView)
        #expect(try Acknowledgement(encoded: body).outcome == .applied)
        #expect(try await classifier.process.waitForExit() == .code(0))
        #expect(classifier.process.output.contains("stopped; the ledger is closed"))

        let ledger = try Ledger(path: directory.file("ledger.db"))
        #expect(try await ledger.status().totals.egressBytes == 1000)
        await ledger.close()
    }

    @Test func theFirstLineTellsWhatIsServed() async throws {
        defer { directory.remove() }
        let database = directory.file("ledger.db")
        let classifier = try await ClassifierProcess(arguments: ["--database", database], in: directory)
        for part in [
            "version=\(Version.current)", "listen=127.0.0.1:\(classifier.port)", "database=\(database)", "series=0",
        ] {
            #expect(classifier.process.output.contains(part))
        }
        classifier.process.signal(SIGTERM)
        #expect(try await classifier.process.waitForExit() == .code(0))
    }

    @Test func aPortInUseIsASentence() async throws {
        defer { directory.remove() }
        let first = try await ClassifierProcess(arguments: ["--database", directory.file("1.db")], in: directory)
        let address = "127.0.0.1:\(first.port)"
        try await expectStartError(
            ["--listen", address, "--database", directory.file("2.db")],
            containing: [address, "another program listens there", "--listen"]
        )
        first.process.signal(SIGTERM)
        #expect(try await first.process.waitForExit() == .code(0))
    }

    @Test func aDatabaseThatIsNoLedgerIsLeftAlone() async throws {
        defer { directory.remove() }
        let path = directory.file("notes.txt")
        let content = String(repeating: "not a database\n", count: 400)
        try content.write(toFile: path, atomically: true, encoding: .utf8)
        try await expectStartError(["--listen", "127.0.0.1:0", "--database", path], containing: [path])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == content)
    }

    @Test func aWrongConfigurationNamesFileLineAndKey() async throws {
        defer { directory.remove() }
        let path = directory.file("classifier.yaml")
        try "listen: 127.0.0.1:0\ndestinations:\n  in-zone:\n    - 10.0.0.0/33\n"
            .write(
                toFile: path,
                atomically: true,
                encoding: .utf8
            )
        try await expectStartError(["--config", path], containing: ["\(path):4", "in-zone", "10.0.0.0/33"])
    }

    private func expectStartError(_ arguments: [String], containing parts: [String]) async throws {
        let process = try ClassifierProcess.launch(arguments, in: directory)
        #expect(try await process.waitForExit() == .code(1))
        let errors = process.output.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
        #expect(errors.count == 1, "\(process.output)")
        for part in parts {
            #expect(errors.first?.contains(part) == true, "\(process.output)")
        }
    }
}
