// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HummingbirdTesting
import Testing
import Traffic
import Wire

@testable import Classifier

/// What only a real socket shows.
@Suite struct ServerTests {
    @Test func aBatchGoesThroughARealServer() async throws {
        try await TestClassifier()
            .run(.live) { client in
                try await client.post(FlowBatch.test())
                #expect(try await client.usage().total["ingress_bytes"] == 5000)
                let csv = try await client.get("/api/v1/usage?group_by=pod&format=csv")
                #expect(csv.headers[.transferEncoding] == "chunked")
                #expect(CSVText.cells(csv.text).last == ["web.service", "1000", "5000", "1", "5"])
                #expect(
                    try await client.metrics()[#"http_requests_total{handler="/v1/flows",method="POST",code="200"}"#]
                        == 1
                )
            }
    }

    @Test func aConnectionGoesOnAfterARefusal() async throws {
        try await TestClassifier { $0.maxBody = 4096 }
            .run(.live) { client in
                let tooLarge = try await client.post(bytes: [UInt8](repeating: 0, count: 300_000))
                #expect(tooLarge.status == .contentTooLarge)
                let wrong = try await client.post(bytes: [UInt8](repeating: 0, count: 3000), contentType: "text/plain")
                #expect(wrong.status == .unsupportedMediaType)
                #expect(try await client.post(FlowBatch.test()).outcome == .applied)
            }
    }
}
