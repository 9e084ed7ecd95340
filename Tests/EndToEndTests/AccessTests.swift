// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// The example of `Sources/Classifier/Access/README.md`, command by command, with real programs.
@Suite(.serialized, .whereMeteringWorks, .enabled(if: TestEnvironment.has("openssl"), "needs openssl"))
struct AccessTests {
    private static let readme = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources/Classifier/Access/README.md")

    /// The fenced blocks of shell commands.
    private static func blocks() throws -> [String] {
        try String(contentsOf: readme, encoding: .utf8).components(separatedBy: "```sh\n").dropFirst()
            .map { $0.components(separatedBy: "```")[0] }
    }

    @Test func theExampleWorksAndAnotherNodeIsKeptOut() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let deployment = try Deployment()
        defer { deployment.remove() }
        let blocks = try Self.blocks()
        try #require(blocks.count == 2)
        let folder = deployment.folder
        try Shell.run(["/bin/sh", "-ec", "cd \(folder.path)\n" + blocks[0]])
        let port = try LoopbackPort.free()
        let commands = blocks[1].replacing("\\\n", with: " ").split(separator: "\n").map(String.init)
            .map { line in
                ["netledger-classifier", "netledger-agent", "netledger"]
                    .reduce(line.replacing("8443", with: String(port))) { line, name in
                        // The last of them is a beginning of the others.
                        guard let path = try? BuiltProduct.path(name) else { return line }
                        return line.replacing(".build/release/\(name) ", with: "\(path) ")
                    }
            }
        try #require(commands.count == 3)
        func start(_ command: String, _ variables: [String], log: String) throws -> ChildProcess {
            try deployment.start(
                ["env"] + variables + ["/bin/sh", "-c", "cd \(folder.path) && exec \(command)"],
                log: log
            )
        }
        let classifier = try start(commands[0], ["NETLEDGER_DATABASE=ledger.db"], log: "classifier.log")
        try await classifier.waitForLine(containing: "ready")
        let variables = ["NETLEDGER_INTERVAL=250ms", "NETLEDGER_LISTEN=127.0.0.1:\(try LoopbackPort.free())"]
        let agent = try start(commands[1], variables, log: "agent.log")
        func ask(_ command: String) throws -> String {
            try Shell.run(["/bin/sh", "-c", "cd \(folder.path) && \(command)"])
        }
        try await waitUntil("the agent's batches are booked") {
            if let status = agent.exitStatus { throw LaunchError("the agent ended with \(status): \(agent.output)") }
            return try ask(commands[2]).contains("node-1")
        }

        // The same certificate, another name.
        let others = ["NETLEDGER_INTERVAL=250ms", "NETLEDGER_LISTEN=127.0.0.1:\(try LoopbackPort.free())"]
        let forged = commands[1].replacing("--node node-1", with: "--node node-2 --shutdown-timeout 1s")
        let stranger = try start(forged, others, log: "stranger.log")
        try await stranger.waitForLine(containing: "status 403")
        stranger.signal(SIGTERM)
        #expect(try await stranger.waitForExit() == .code(1))
        #expect(stranger.output.contains("node-2"))
        #expect(try !ask(commands[2]).contains("node-2"))

        // Without the token nobody is told anything, and with it nobody sees it.
        let withoutToken = commands[2].replacing("--token-file reader.token", with: "")
        let refusal = #expect(throws: LaunchError.self) { _ = try ask(withoutToken) }
        #expect(refusal?.description.contains("answered 401") == true)
        let token = try String(contentsOfFile: folder.file("reader.token"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        for process in [classifier, agent, stranger] { #expect(!process.output.contains(token)) }
        #expect(try !Shell.run(["ps", "axww", "-o", "args"]).contains(token))

        agent.signal(SIGTERM)
        try await agent.waitForSuccess()
        classifier.signal(SIGTERM)
        try await classifier.waitForSuccess()
    }
}
