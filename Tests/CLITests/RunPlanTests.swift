// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite struct RunPlanTests {
    private func options(_ arguments: [String]) throws -> RunOptions {
        try #require(try NetLedger.parseAsRoot(["run"] + arguments) as? RunCommand).options
    }

    private func withPrograms(_ body: (TemporaryDirectory) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        for name in ["netledger-classifier", "netledger-agent"] {
            #expect(
                FileManager.default.createFile(
                    atPath: directory.file(name),
                    contents: Data(),
                    attributes: [.posixPermissions: 0o755]
                )
            )
        }
        try body(directory)
    }

    @Test func theDefaults() throws {
        try withPrograms { directory in
            let plan = try RunPlan(try options([]), ownPath: directory.file("netledger"))
            let here = FileManager.default.currentDirectoryPath
            #expect(plan.classifier.path == directory.file("netledger-classifier"))
            #expect(plan.classifier.arguments == ["--listen", "127.0.0.1:8080", "--database", here + "/netledger.db"])
            #expect(plan.classifier.url == "http://127.0.0.1:8080")
            #expect(plan.classifier.log == here + "/netledger-logs/classifier.log")
            #expect(plan.agent.path == directory.file("netledger-agent"))
            #expect(
                plan.agent.arguments == ["--classifier", "http://127.0.0.1:8080", "--listen", "127.0.0.1:9464"]
            )
            #expect(plan.agent.url == "http://127.0.0.1:9464")
            #expect(plan.startWithin == .seconds(30))
        }
    }

    @Test func everySettingGoesToItsProgram() throws {
        try withPrograms { directory in
            let plan = try RunPlan(
                try options([
                    "--database", "/d/l.db", "--listen", "0.0.0.0:1", "--agent-listen", "[::]:2", "--logs", "/l",
                    "--classifier-config", "c.yaml", "--agent-config", "a.yaml", "--cluster", "c", "--node", "n",
                    "--region", "r", "--zone", "z", "--interval", "1s", "--cgroup-root", "/g", "--flow-capacity", "9",
                    "--log-level", "debug", "--stop-within", "1m",
                    "--classifier-program", directory.file("netledger-agent"),
                ]),
                ownPath: directory.file("netledger")
            )
            #expect(plan.classifier.path == directory.file("netledger-agent"))
            #expect(
                plan.classifier.arguments == [
                    "--listen", "0.0.0.0:1", "--database", "/d/l.db", "--config", "c.yaml", "--log-level", "debug",
                ]
            )
            #expect(
                plan.agent.arguments == [
                    "--classifier", "http://127.0.0.1:1", "--listen", "[::]:2", "--config", "a.yaml", "--cluster", "c",
                    "--node", "n", "--region", "r", "--zone", "z", "--interval", "1s", "--cgroup-root", "/g",
                    "--flow-capacity", "9", "--log-level", "debug",
                ]
            )
            #expect(plan.agent.url == "http://[::1]:2")
            #expect(plan.agent.log == "/l/agent.log")
            #expect(plan.stopWithin == .seconds(60))
        }
    }

    @Test func aProgramThatIsNotThereIsNamed() throws {
        let failure = try #require(throws: CommandFailure.self) {
            _ = try RunPlan(try options([]), ownPath: "/nowhere/netledger")
        }
        #expect(failure.description.contains("/nowhere/netledger-classifier"))
        #expect(failure.description.contains("--classifier-program"))
    }

    @Test(arguments: [
        (["--listen", "127.0.0.1"], "--listen: '127.0.0.1' is not an address with a port"),
        (["--listen", "127.0.0.1:0"], "--listen"),
        (["--listen", ":8080"], "--listen"),
        (["--listen", "::1:8080"], "--listen"),
        (["--agent-listen", "a/b:1"], "--agent-listen"),
        (["--agent-listen", "u@h:1"], "--agent-listen"),
        (["--agent-listen", "h:65536"], "--agent-listen"),
        (["--agent-listen", "127.0.0.1:8080"], "the two programs need their own"),
        (["--start-within", "soon"], "--start-within: 'soon' is not a duration"),
        (["--by", "colour"], "--by: 'colour' is not a dimension"),
        (["--rows", "0"], "--rows: '0' is not a limit"),
        (["--refresh", "2"], "--refresh: '2' is not a duration"),
    ])
    func aWrongFlagIsNamed(arguments: [String], message: String) throws {
        let error = try #require(throws: (any Error).self) { _ = try options(arguments) }
        #expect(NetLedger.fullMessage(for: error).contains(message))
    }
}
