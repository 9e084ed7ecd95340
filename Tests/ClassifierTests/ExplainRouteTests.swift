// SPDX-License-Identifier: Apache-2.0
import Classification
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing
import Traffic

@testable import Classifier

@Suite struct ExplainRouteTests {
    private struct Document: Decodable {
        struct Entry: Decodable, Equatable {
            var rule: String
            var place: String
            var block: String
            var network: String
        }

        var remote: String
        var at: String
        var local: [String: String]
        var scope: String
        var rule: String
        var network: String
        var route: String
        var route_rule: String?
        var decided_by: Entry?
        var named_by: Entry?
        var overruled: [Entry]
    }

    private func explain(_ client: any TestClientProtocol, _ query: String) async throws -> Document {
        let response = try await client.get("/api/v1/explain?\(query)")
        #expect(response.status == .ok, "\(query): \(response.text)")
        #expect(response.headers[.contentType] == "application/json")
        return try JSONDecoder().decode(Document.self, from: Data(response.body.readableBytesView))
    }

    private func classifier() throws -> TestClassifier {
        try TestClassifier { $0.destinations = TrafficModel.destinations }
    }

    @Test func theDecidingEntryAndThoseThatLostAreTold() async throws {
        try await classifier()
            .run { client in
                let near = try await explain(client, "remote=10.1.2.9&local=r1/b")
                #expect(near.remote == "10.1.2.9")
                #expect(near.at == "2026-03-04T10:00:00Z")
                #expect(near.local == ["node": "", "region": "r1", "zone": "b"])
                #expect(near.scope == "same_zone")
                #expect(near.rule == "direct-classification")
                #expect(
                    near.decided_by
                        == Document.Entry(
                            rule: "direct-classification",
                            place: "destinations.direct-classification[1].ips[0]",
                            block: "10.1.2.0/24",
                            network: ""
                        )
                )
                #expect(
                    near.overruled.map(\.block).prefix(2) == ["10.1.0.0/16", "10.0.0.0/13"]
                )
                #expect(try await explain(client, "remote=10.1.2.9&local=r1/a").scope == "same_region")
                #expect(try await explain(client, "remote=10.1.2.9").scope == "unknown")
                let far = try await explain(client, "remote=8.8.8.8&local=/a&at=-30d")
                #expect(far.scope == "internet")
                #expect(far.rule == "default")
                #expect(far.decided_by == nil)
                #expect(far.local["zone"] == "a")
                #expect(far.at == "2026-02-02T10:00:00Z")
                #expect(try await explain(client, "remote=192.168.3.4").rule == "special-purpose:private-use")
            }
    }

    @Test func aNodeStandsWhereItsNewestBytesSay() async throws {
        try await classifier()
            .run { client in
                try await client.post(
                    FlowBatch.test(node: "n7", region: "r1", zone: "a", flows: [.to("8.8.8.8", egress: 1)])
                )
                try await client.post(
                    FlowBatch.test(node: "n7", sequence: 2, region: "r1", zone: "b", flows: [.to("8.8.8.8", egress: 1)])
                )
                let answer = try await explain(client, "remote=10.1.2.9&local=n7")
                #expect(answer.local == ["node": "n7", "region": "r1", "zone": "b"])
                #expect(answer.scope == "same_zone")
            }
    }

    /// A node that was made anew in another zone is judged from where it stood then.
    @Test func aNodeIsJudgedFromWhereItStoodThen() async throws {
        try await classifier()
            .run { client in
                let now = TestClassifier.start
                for (number, (ago, zone)) in [(3 * 86_400, "a"), (7200, "b"), (120, "c")].enumerated() {
                    try await client.post(
                        FlowBatch.test(
                            node: "n7",
                            sequence: UInt64(number + 1),
                            start: now - Int64(ago),
                            region: "r1",
                            zone: zone,
                            flows: [.to("8.8.8.8", egress: 1)]
                        )
                    )
                }
                for (at, zone) in [
                    ("", "c"), ("&at=-1m", "c"), ("&at=-5m", "b"), ("&at=-119m", "b"), ("&at=-9h", "b"),
                    ("&at=-3d", "a"), ("&at=-49h", "a"), ("&at=-30d", "c"),
                ] {
                    let answer = try await explain(client, "remote=10.1.2.9&local=n7" + at)
                    #expect(answer.local == ["node": "n7", "region": "r1", "zone": zone], "\(at)")
                    #expect(answer.scope == (zone == "b" ? "same_zone" : "same_region"), "\(at)")
                }
            }
    }

    @Test func peopleReadATable() async throws {
        try await classifier()
            .run { client in
                let response = try await client.get("/api/v1/explain?remote=10.1.2.9&local=r1/b&format=table")
                #expect(response.headers[.contentType] == "text/plain; charset=utf-8")
                let lines = response.text.split(separator: "\n")
                #expect(lines.first == "10.1.2.9 from r1, b at 2026-03-04T10:00:00Z")
                #expect(lines.dropFirst().first == "Scope:    same_zone, by the rule direct-classification")
                #expect(response.text.contains("10.1.2.0/24 in destinations.direct-classification[1].ips[0]"))
            }
    }

    @Test(arguments: [
        ("", "remote"), ("remote=", "remote"), ("remote=example.org", "remote"), ("remote=10.0.0.0/8", "remote"),
        ("remote=10.0.0.1&remote=10.0.0.2", "remote"), ("remote=10.0.0.1&local=a/b/c", "local"),
        ("remote=10.0.0.1&local=nobody", "local"), ("remote=10.0.0.1&at=yesterday", "at"),
        ("remote=10.0.0.1&format=csv", "format"), ("remote=10.0.0.1&zone=a", "zone"),
    ])
    func whatIsWrongIsNamed(query: String, parameter: String) async throws {
        try await classifier()
            .run { client in
                let response = try await client.get("/api/v1/explain?\(query)")
                #expect(response.status == .badRequest)
                #expect(try response.problem().parameter == parameter)
            }
    }
}
