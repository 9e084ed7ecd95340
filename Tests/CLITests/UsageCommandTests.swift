// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Queries
import TestSupport
import Testing

@testable import CLI

@Suite struct UsageCommandTests {
    private static let now: Int64 = 1_785_585_600

    private func query(_ arguments: [String]) throws -> String {
        let command = try #require(try NetLedger.parseAsRoot(["usage"] + arguments) as? UsageCommand)
        return ClassifierClient.query(try command.parameters(now: Self.now))
    }

    @Test(arguments: [
        ([], "?group_by=namespace"),
        (["--last", "1h"], "?start=-1h&group_by=namespace"),
        (["--by", "pod,scope"], "?group_by=pod%2Cscope"),
        (["--by", ""], ""),
        (["--start", "-2h", "--end", "-1h"], "?start=-2h&end=-1h&group_by=namespace"),
        (
            ["--start", "2026-08-01T00:00:00+02:00", "--end", "now", "--step", "1d"],
            "?start=2026-08-01T00%3A00%3A00%2B02%3A00&end=now&step=1d&group_by=namespace"
        ),
        (
            ["--where", "scope=internet,unknown", "--where", "pod=a=b&c é", "--order", "group", "--limit", "3"],
            "?group_by=namespace&scope=internet%2Cunknown&pod=a%3Db%26c%20%C3%A9&limit=3&order=group"
        ),
        (["--where", "network="], "?group_by=namespace&network="),
    ])
    func flagsBecomeParameters(arguments: [String], query: String) throws {
        #expect(try self.query(arguments) == query)
    }

    @Test(arguments: [
        (["--by", "colour"], "--by: 'colour' is not a dimension"),
        (["--last", "1h", "--start", "-2h"], "Name the time in one way"),
        (["--last", "soon"], "--last: 'soon' is not a duration"),
        (["--last", "99999w"], "--last: '-99999w' is before 1970"),
        (["--start", "yesterday"], "--start: 'yesterday' is not a time"),
        (["--step", "1s"], "--step: '1s' is not a step"),
        (["--where", "scope"], "--where: 'scope' is not dimension=value"),
        (["--where", "colour=red"], "--where: 'colour=red' is not dimension=value"),
        (["--where", "scope=lan"], "--where scope: 'lan' is not accepted; choose from unknown"),
        (["--order", "size"], "--order: 'size' is not accepted; choose from"),
        (["--limit", "0"], "--limit: '0' is not a limit"),
        (["--format", "xml"], "--format"),
        (["--units", "nibbles"], "--units"),
    ])
    func aWrongFlagIsNamed(arguments: [String], message: String) throws {
        let error = try #require(throws: (any Error).self) { _ = try query(arguments) }
        #expect(NetLedger.fullMessage(for: error).contains(message))
        #expect(NetLedger.exitCode(for: error) == .validationFailure)
    }

    @Test func helpTeaches() {
        for command in [UsageCommand.self, StatusCommand.self, TopCommand.self, RunCommand.self]
            as [any ParsableCommand.Type]
        {
            let help = NetLedger.helpMessage(for: command)
            #expect(help.contains("USAGE:"), "\(command)")
            #expect(help.split(separator: "\n").allSatisfy { $0.count <= 120 }, "\(command)")
        }
        #expect(NetLedger.helpMessage(for: UsageCommand.self).contains("netledger usage --by namespace --last 1h"))
        #expect(NetLedger.helpMessage(for: RunCommand.self).contains("Ctrl-C stops the agent first"))
    }

    @Test func theServerIsTheFlagThenTheEnvironmentThenTheDefault() throws {
        func server(_ arguments: [String], _ environment: [String: String]) throws -> String {
            let command = try #require(try NetLedger.parseAsRoot(["status"] + arguments) as? StatusCommand)
            return try command.server.client(environment: environment).server
        }
        let variable = ["NETLEDGER_SERVER": "http://ledger:1/"]
        #expect(try server([], [:]) == "http://127.0.0.1:8080")
        #expect(try server([], ["NETLEDGER_SERVER": ""]) == "http://127.0.0.1:8080")
        #expect(try server([], variable) == "http://ledger:1")
        #expect(try server(["--server", "https://[::1]:9/x"], variable) == "https://[::1]:9/x")
        for wrong in ["ledger:8080", "ftp://ledger", "http://", "http://a?b", "http://a b", ""] {
            let failure = try #require(throws: CommandFailure.self) { _ = try server(["--server", wrong], [:]) }
            #expect(failure.description.hasPrefix("--server: '\(wrong)' is not the URL of a server"))
        }
        let failure = try #require(throws: CommandFailure.self) { _ = try server([], ["NETLEDGER_SERVER": "x"]) }
        #expect(failure.description.hasPrefix("NETLEDGER_SERVER: "))
    }
}
