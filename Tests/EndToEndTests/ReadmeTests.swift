// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// Every command in the README, run as it stands there against programs that are up.
///
/// `make test` is what runs this; `make run` builds, and then starts `netledger run`, which has tests of its own.
@Suite(.serialized, .whereMeteringWorks, .enabled(if: TestEnvironment.has("sqlite3"), "needs sqlite3"))
struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The lines of all fenced blocks in `language`.
    private static func blocks(_ language: String) throws -> [[String]] {
        let text = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        return text.components(separatedBy: "```\(language)\n").dropFirst()
            .map {
                $0.components(separatedBy: "```")[0].split(separator: "\n").map(String.init)
            }
    }

    @Test func everyCommandWorks() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let deployment = try Deployment()
        let pins = try PinMount()
        defer { deployment.remove() }
        let prices = Self.root.appendingPathComponent("deploy/prices").path
        try await deployment.startClassifier(
            configuration: Self.blocks("yaml").first?.joined(separator: "\n") ?? "",
            ["--prices", "\(prices)/aws-us-east-1.example.yaml"]
        )
        try Self.bill.write(toFile: deployment.folder.file("bill.csv"), atomically: true, encoding: .utf8)
        try await deployment.startAgent()
        // The agent's own uploads are traffic: something is in the ledger soon.
        try await waitUntil("batches are booked") { try await deployment.appliedBatches() >= 3 }

        let commands = try Self.blocks("sh").joined()
            .map { $0.components(separatedBy: " #")[0].trimmingCharacters(in: .whitespaces) }
            .filter { !$0.hasPrefix("make ") }
        #expect(commands.count >= 5)
        for command in commands {
            // The same classifier with the same flag is up.
            if command.hasPrefix(".build/release/netledger-classifier --prices") { continue }
            let netledger = try BuiltProduct.path("netledger")
            let local =
                command
                .replacingOccurrences(of: "curl ", with: "curl --fail --silent --show-error ")
                .replacingOccurrences(of: "http://127.0.0.1:8080", with: deployment.classifierURL)
                .replacingOccurrences(of: ".build/release/netledger", with: netledger)
                .replacingOccurrences(of: "/sys/fs/bpf/netledger", with: pins.path)
                .replacingOccurrences(of: "/var/lib/netledger", with: deployment.folder.file("spool"))
                .replacingOccurrences(of: "netledger.db", with: deployment.folder.file("ledger.db"))
                .replacingOccurrences(of: "deploy/prices", with: prices)
            if command.hasPrefix(".build/release/netledger-agent --") {
                try await runAgent(local, deployment)
                continue
            }
            let programs = URL(fileURLWithPath: netledger).deletingLastPathComponent().path
            let output = try Shell.run([
                "/bin/sh", "-c",
                "cd \(deployment.folder.path) && PATH=\(programs):$PATH && export NETLEDGER_SERVER=\(deployment.classifierURL) "
                    + "&& \(local)",
            ])
            #expect(!output.isEmpty || command.contains("--output"), "\(command) printed nothing")
        }
        try await deployment.stopAgent()
        try await deployment.stopClassifier()
    }

    /// A bill with one line for a NAT gateway.
    private static let bill = """
        BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,SkuMeter,ConsumedQuantity,ConsumedUnit,RegionId
        4.50,USD,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,NatGateway-Bytes,100,GB,us-east-1

        """

    /// Starts an agent beside the deployment's own, and ends it once it meters.
    private func runAgent(_ command: String, _ deployment: Deployment) async throws {
        let listen = "127.0.0.1:\(try LoopbackPort.free())"
        let agent = try deployment.start(
            [
                "env", "NETLEDGER_CLASSIFIER=\(deployment.classifierURL)", "NETLEDGER_LISTEN=\(listen)",
                "NETLEDGER_NODE=second", "/bin/sh", "-c", "exec \(command)",
            ],
            log: "second-agent.log"
        )
        // It minds signals by the time it answers.
        try await deployment.waitForAnswer(of: "http://\(listen)/healthz", from: agent)
        agent.signal(SIGTERM)
        try await agent.waitForSuccess()
    }

    @Test func makeCommandsAreTargetsAndTheBuildServerRunsTheTests() throws {
        let server = try String(contentsOf: Self.root.appendingPathComponent(".ci/run"), encoding: .utf8)
        let targets = try String(contentsOf: Self.root.appendingPathComponent("Makefile"), encoding: .utf8)
        let makes = try Self.blocks("sh").joined().filter { $0.hasPrefix("make ") }
            .map {
                $0.components(separatedBy: " #")[0].trimmingCharacters(in: .whitespaces)
            }
        #expect(makes == ["make run", "make test"])
        for command in makes { #expect(targets.contains("\n\(command.dropFirst("make ".count)):")) }
        #expect(server.contains("make test"))
    }
}
