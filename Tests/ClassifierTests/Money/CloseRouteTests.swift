// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Pricing
import Queries
import Settings
import Testing
import Traffic

@testable import Classifier

@Suite struct CloseRouteTests {
    private struct Body: Decodable {
        var month: String
        var revision: Int
        var kind: String
        var hash: String
        var changed: Bool?
        var current_hash: String?
    }

    private static let book = """
        name: test
        currency: USD
        from: 2025-01-01
        lines:
          - {name: nat, charge: nat, where: {nat: [yes, assumed]}, direction: both, per: GB, price: 0.045}
        """
    /// In February 2026, the month before the tests' clock.
    private static let february: Int64 = 1_771_000_020

    private func body(_ response: TestResponse) throws -> Body {
        try JSONDecoder().decode(Body.self, from: Data(response.body.readableBytesView))
    }

    private func close(_ client: any TestClientProtocol, _ query: String) async throws -> TestResponse {
        try await client.execute(uri: "/api/v1/close?\(query)", method: .post) { $0 }
    }

    @Test func aClosedMonthStaysAndLaterBytesAreARestatement() async throws {
        let book = try PriceBook(path: "book.yaml", text: Self.book)
        let classifier = try TestClassifier { $0.prices = book }
        try await classifier.run { client in
            try await client.post(FlowBatch.test(sequence: 1, start: Self.february))
            let first = try await close(client, "month=2026-02")
            #expect(first.status == .created, "\(first.text)")
            #expect(try body(first).revision == 1)
            #expect(try body(first).kind == "close")
            let again = try await close(client, "month=2026-02")
            #expect(again.status == .ok)
            #expect(try body(again).changed == false)
            #expect(try body(again).revision == 1)
            // Bytes of another month change nothing.
            try await client.post(FlowBatch.test(sequence: 2))
            let check = try body(try await client.get("/api/v1/close?month=2026-02"))
            #expect(check.current_hash == check.hash)
        }
        // After a restart, and with late bytes.
        try await classifier.run { client in
            let frozen = try await client.get("/api/v1/close?month=2026-02&revision=1").text
            try await client.post(FlowBatch.test(sequence: 3, start: Self.february))
            let check = try body(try await client.get("/api/v1/close?month=2026-02"))
            #expect(check.revision == 1)
            #expect(check.current_hash != check.hash)
            let restated = try await close(client, "month=2026-02")
            #expect(restated.status == .created)
            #expect(try body(restated).revision == 2)
            #expect(try body(restated).kind == "restatement")
            #expect(try await client.get("/api/v1/close?month=2026-02&revision=1").text == frozen)
            #expect(frozen.contains("\"egress_bytes\":1000,\"ingress_bytes\":5000"))
            #expect(frozen.contains("\"fingerprint\":\"\(book.fingerprint)\""))
            let now = try await client.get("/api/v1/close?month=2026-02&revision=2").text
            #expect(now.contains("\"egress_bytes\":2000,\"ingress_bytes\":10000"))
            let list = try await client.get("/api/v1/close").text
            #expect(list.contains("\"revision\":1") && list.contains("\"revision\":2"))
        }
    }

    @Test(arguments: [
        ("month=2026-03", 409, "is not over"), ("month=2026-13", 400, "is not one month"), ("", 400, "name the month"),
        ("month=2026-02&colour=red", 400, "is not a parameter"), ("month=2024-02", 409, "cannot be priced"),
    ])
    func whatCannotBeClosedIsSaid(query: String, status: Int, reason: String) async throws {
        let book = try PriceBook(path: "book.yaml", text: Self.book)
        try await TestClassifier { $0.prices = book }
            .run { client in
                let response = try await close(client, query)
                #expect(response.status.code == status, "\(response.text)")
                #expect(try response.problem().detail.contains(reason))
            }
    }

    @Test func whatWasNotClosedIsNotFound() async throws {
        try await TestClassifier()
            .run { client in
                let response = try await client.get("/api/v1/close?month=2026-02")
                #expect(response.status == .notFound)
                // Without prices only the bytes are frozen.
                #expect(try await close(client, "month=2026-02").status == .created)
                #expect(try await client.get("/api/v1/close?month=2026-02&revision=1").text.contains("\"book\":null"))
            }
    }
}
