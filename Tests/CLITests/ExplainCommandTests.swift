// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TestSupport
import Testing

@testable import CLI

@Suite struct ExplainCommandTests {
    @Test(arguments: [
        (["10.0.0.1"], "?remote=10.0.0.1&format=table"),
        (["10.0.0.1", "--region", "r", "--zone", "z"], "?remote=10.0.0.1&local=r%2Fz&format=table"),
        (["10.0.0.1", "--zone", "z", "--at", "-30d"], "?remote=10.0.0.1&local=%2Fz&at=-30d&format=table"),
        (["10.0.0.1", "--local", "10.0.0.2"], "?remote=10.0.0.1&local=10.0.0.2&format=table"),
        (["::1", "--node", "n", "--format", "json"], "?remote=%3A%3A1&local=n&format=json"),
    ])
    func flagsBecomeParameters(arguments: [String], query: String) throws {
        let command = try #require(try NetLedger.parseAsRoot(["explain"] + arguments) as? ExplainCommand)
        #expect(ClassifierClient.query(command.parameters) == query)
    }

    @Test func aNodeHasItsOwnPlace() {
        #expect(throws: (any Error).self) {
            try NetLedger.parseAsRoot(["explain", "10.0.0.1", "--node", "n", "--zone", "z"])
        }
        #expect(throws: (any Error).self) {
            try NetLedger.parseAsRoot(["explain", "10.0.0.1", "--local", "10.0.0.2", "--node", "n"])
        }
    }

    @Test func theCheckIsTheClassifiers() throws {
        let parsed = try NetLedger.parseAsRoot(["config", "check", "a.yaml", "--classifier-program", "/bin/true"])
        let check = try #require(parsed as? ConfigCommand.Check)
        let command = try check.command(ownPath: "/opt/netledger")
        #expect(command.path == "/bin/true")
        #expect(command.arguments == ["/bin/true", "--config", "a.yaml", "--check"])
        let beside = try #require(try NetLedger.parseAsRoot(["config", "check", "a.yaml"]) as? ConfigCommand.Check)
        #expect(throws: CommandFailure.self) { _ = try beside.command(ownPath: "/nowhere/netledger") }
    }
}
