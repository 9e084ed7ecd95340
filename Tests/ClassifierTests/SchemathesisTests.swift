// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing
import Traffic
import Wire

/// The real program, asked whatever its OpenAPI document allows and much that it does not, by schemathesis.
///
/// It answers as documented: with a status, a media type and members that the document knows, never with 5xx, and what
/// breaks the document is refused. `make test-api` asks for longer.
@Suite struct SchemathesisTests {
    private static let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardized.path
    private static let tool = repository + "/.build/api-tools/bin/schemathesis"
    private static let time =
        ProcessInfo.processInfo.environment["NETLEDGER_API_SECONDS"].flatMap { Int($0) } ?? 15

    /// A document cannot say which texts are times, or which parameters go together, so what it allows may be refused.
    private static let unsaid = "positive_data_acceptance"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: tool), "needs what make api-tools installs"))
    func theProgramKeepsToItsDocument() async throws {
        let seed = UInt32(truncatingIfNeeded: SeededRandom().seed)
        print("api: seed \(seed)")
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let prices = Self.repository + "/deploy/prices/aws-us-east-1.example.yaml"
        let classifier = try await ClassifierProcess(
            arguments: ["--database", directory.file("ledger.db"), "--prices", prices],
            in: directory
        )
        let start = Int64(Date.now.timeIntervalSince1970) / 60 * 60 - 120
        try await classifier.withClient { client in
            let response = try await client.post(FlowBatch.test(sequence: 1, start: start))
            #expect(response.status == .ok)
        }
        let asking = try ChildProcess(
            [
                Self.tool, "run", "http://127.0.0.1:\(classifier.port)/api/v1/openapi.json", "--seed", "\(seed)",
                "--max-time", "\(Self.time)", "--exclude-checks", Self.unsaid, "--continue-on-failure", "--no-color",
                "--warnings", "off",
            ],
            environment: ["SCHEMATHESIS_HOOKS": Self.repository + "/Tests/APITools/hooks.py"],
            directory: directory.path,
            outputPath: directory.file("schemathesis.log")
        )
        let end = try await asking.waitForExit(within: .seconds(Self.time + 120))
        #expect(end == .code(0), "seed \(seed)\n\(asking.output)")
        #expect(asking.output.contains("generated"), "nothing was asked")
        classifier.process.signal(SIGTERM)
        #expect(try await classifier.process.waitForExit() == .code(0), "\(classifier.process.output)")
    }
}
