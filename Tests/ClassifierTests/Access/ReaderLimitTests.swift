// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Pricing
import Settings
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

/// A reader's limit holds on every path, totals included.
@Suite struct ReaderLimitTests {
    private static let access = """
        agents: anyone
        readers:
          - token: everything
          - token: shop
            namespaces: [shop]
        """

    /// Two namespaces on two nodes, a loss, and names that a careless query would take for itself.
    private func fill(_ client: some TestClientProtocol, _ namespaces: [String] = ["shop", "secret"]) async throws {
        func owner(_ namespace: String, _ pod: String) -> Owner {
            Owner(kind: .unit, cgroupID: 1, namespace: namespace, pod: pod)
        }
        for namespace in namespaces {
            let node = namespace == "shop" ? "node-1" : "node-2"
            try await client.post(
                FlowBatch.test(
                    node: node,
                    owners: [owner(namespace, "\(namespace)-pod")],
                    flows: [.to("93.184.216.34", egress: namespace == "shop" ? 1000 : 70_000, ingress: 5000)],
                    losses: [Loss(reason: "map_full", counters: FlowCounters(egressBytes: 3))]
                )
            )
        }
    }

    /// Every way to ask, in every form.
    private static let questions = [
        "/api/v1/usage", "/api/v1/usage?group_by=namespace,pod,node", "/api/v1/usage?group_by=node&limit=1",
        "/api/v1/usage?group_by=pod&step=1m&format=csv", "/api/v1/usage?format=table&group_by=namespace",
        "/api/v1/usage?namespace=shop", "/api/v1/usage?order=group&group_by=cluster", "/api/v1/status", "/metrics",
        "/api/v1/explain?remote=8.8.8.8&local=node-1",
    ]

    @Test(arguments: questions)
    func nothingOfAnotherNamespaceIsToldOrSummed(question: String) async throws {
        try await TestClassifier(access: Self.access)
            .run { client in
                try await fill(client)
                let answer = try await client.get(question, token: "shop")
                #expect(answer.status == .ok, "\(answer.text)")
                for part in ["secret", "node-2", "70000", "71000", "map_full", "ledger.db", "75", "10000"] {
                    #expect(!answer.text.contains(part), "\(question): \(answer.text)")
                }
            }
    }

    /// Every way to ask of every path: what a limited reader is told does not depend on what others have.
    @Test(
        arguments: questions + [
            "/api/v1/usage?compare=previous&group_by=pod", "/api/v1/usage?group_by=scope,network&limit=1&step=1h",
            "/api/v1/costs", "/api/v1/costs?group_by=namespace,line", "/api/v1/costs?group_by=node&limit=1&format=csv",
            "/api/v1/nat", "/api/v1/nat?group_by=pod&format=table", "/api/v1/diff", "/api/v1/diff?group_by=namespace",
            "/api/v1/diff?before_start=-2h&group_by=node&limit=1&format=csv", "/api/v1/focus",
            "/api/v1/focus?start=-1d",
            "/api/v1/explain?remote=10.0.0.2&local=eu/a", "/api/v1/openapi.json",
        ]
    )
    func whatOthersDoChangesNoAnswer(question: String) async throws {
        let book = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../deploy/prices/aws-us-east-1.example.yaml").standardized
        let prices = try PriceBook(path: book.path, text: String(contentsOf: book, encoding: .utf8))
        func answer(_ namespaces: [String], token: String = "shop") async throws -> String {
            try await TestClassifier(access: Self.access) { settings in
                settings.prices = prices
                settings.openCostMetrics = true
            }
            .run { client in
                try await fill(client, namespaces)
                let answer = try await client.get(question, token: token)
                #expect(answer.status == .ok, "\(question): \(answer.text)")
                return answer.text
            }
        }
        let alone = try await answer(["shop"])
        #expect(try await answer(["shop", "secret"]) == alone)
        #expect(!alone.contains("map_full"))
        if !question.contains("explain"), !question.contains("openapi") {
            #expect(try await answer(["shop", "secret"], token: "everything") != alone, "it would show")
        }
    }

    @Test(arguments: ["GET /api/v1/close", "POST /api/v1/close?month=2026-02", "GET /api/v1/backup"])
    func whatIsAboutEverythingIsForbidden(request: String) async throws {
        try await TestClassifier(access: Self.access)
            .run { client in
                let parts = request.split(separator: " ").map(String.init)
                let method = try #require(HTTPRequest.Method(parts[0]))
                let status = try await client.execute(
                    uri: parts[1],
                    method: method,
                    headers: [.authorization: "Bearer shop"]
                ) { $0.status }
                #expect(status == .forbidden)
            }
    }

    @Test func theSumsAreThoseOfItsNamespaces() async throws {
        try await TestClassifier(access: Self.access)
            .run { client in
                try await fill(client)
                let usage = try await client.get("/api/v1/usage?format=csv", token: "shop").text
                #expect(CSVText.cells(usage).last?.contains("1000") == true)
                let everything = try await client.get("/api/v1/usage?format=csv", token: "everything").text
                #expect(CSVText.cells(everything).last?.contains("71000") == true)
                let status = try await client.get("/api/v1/status", token: "shop").text
                #expect(status.contains(#""egress_bytes":1000"#) && status.contains(#""namespaces":["shop"]"#))
                #expect(status.contains("node-1"))
                let metrics = MetricsSnapshot(try await client.get("/metrics", token: "shop").text)
                #expect(metrics.family("netledger_pod_network_egress_bytes_total").values.reduce(0, +) == 1000)
                #expect(metrics.samples.keys.allSatisfy { $0.hasPrefix("netledger_pod_network_") })
            }
    }

    @Test(arguments: ["namespace=secret", "namespace=shop,secret", "namespace=nowhere", "namespace=", "namespace=*"])
    func anotherNamespaceIsForbiddenWhetherItExistsOrNot(filter: String) async throws {
        try await TestClassifier(access: Self.access)
            .run { client in
                try await fill(client)
                let answer = try await client.get("/api/v1/usage?\(filter)", token: "shop")
                #expect(answer.status == .forbidden)
                let problem = try answer.problem()
                #expect(problem.parameter == "namespace")
                #expect(problem.detail.contains("shop"))
            }
    }

    @Test func aNodeOfOthersIsNotKnown() async throws {
        try await TestClassifier(access: Self.access)
            .run { client in
                try await fill(client)
                let answer = try await client.get("/api/v1/explain?remote=8.8.8.8&local=node-2", token: "shop")
                let nowhere = try await client.get("/api/v1/explain?remote=8.8.8.8&local=node-3", token: "shop")
                #expect(answer.status == .badRequest)
                #expect(answer.text.replacing("node-2", with: "node-3") == nowhere.text)
            }
    }

    @Test func aPathThatDoesNotSayOtherwiseIsNotForLimitedReaders() async throws {
        let classifier = try TestClassifier(access: Self.access)
        let gate = try FrontDoor(
            classifier.settings.exposure,
            reviewer: nil,
            clock: classifier.clock.wall,
            logger: TestClassifier.silent
        )
        .gate
        let table = RouteTable(
            [.get("/new") { _, _ in .init(status: .ok) }],
            gate: gate,
            queries: QueryLimits(timeout: .seconds(30)),
            meter: RequestMeter(),
            logger: TestClassifier.silent
        )
        try await Application(responder: table, logger: TestClassifier.silent)
            .test(.router) { client in
                for (token, status) in [
                    (nil, .unauthorized), ("shop", .forbidden), ("everything", .ok),
                ] as [(String?, HTTPResponse.Status)] {
                    let response = try await client.get("/new", token: token)
                    #expect(response.status == status)
                }
            }
    }
}
