// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Pricing
import Settings
import Testing

@testable import Classifier

@Suite("The OpenAPI document")
struct OpenAPITests {
    private struct Document: Decodable {
        struct Operation: Decodable {
            struct Parameter: Decodable {
                var name: String
                var example: Example
            }

            var parameters: [Parameter]?
        }

        var openapi: String
        var paths: [String: [String: Operation]]
    }

    /// A text, a number, or a list of texts.
    private struct Example: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            text =
                try (try? container.decode(String.self)) ?? (try? container.decode(Int.self)).map(String.init)
                ?? container.decode([String].self).joined(separator: ",")
        }
    }

    private func document(_ client: any TestClientProtocol) async throws -> Document {
        let response = try await client.get("/api/v1/openapi.json")
        #expect(response.status == .ok)
        return try JSONDecoder().decode(Document.self, from: Data(response.body.readableBytesView))
    }

    @Test func itHasEveryRouteAndNoOther() async throws {
        let classifier = try TestClassifier()
        let routes = try classifier.application().responder.operations
        try await TestClassifier()
            .run { client in
                let document = try await document(client)
                #expect(document.openapi == "3.1.0")
                let described = Set(
                    document.paths.flatMap { path, operations in operations.keys.map { "\($0.uppercased()) \(path)" } }
                )
                #expect(described == routes)
            }
    }

    @Test func everyParameterIsTakenAndNoOther() async throws {
        let book = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../deploy/prices/aws-us-east-1.example.yaml").standardized
        let prices = try PriceBook(path: book.path, text: String(contentsOf: book, encoding: .utf8))
        try await TestClassifier { $0.prices = prices }
            .run { client in
                #expect(
                    try await client.execute(uri: "/api/v1/close?month=2026-02", method: .post) { $0.status }
                        == .created
                )
                let bill = """
                    BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,SkuMeter
                    1,USD,2026-02-01T00:00:00Z,2026-03-01T00:00:00Z,NatGateway-Bytes
                    """
                let saved = try await client.execute(
                    uri: "/api/v1/bills?name=february",
                    method: .post,
                    headers: [.contentType: "text/csv"],
                    body: ByteBuffer(string: bill)
                ) { $0 }
                #expect(saved.status == .created, "\(saved.text)")
                for (path, operations) in try await document(client).paths {
                    guard let parameters = operations["get"]?.parameters else { continue }
                    for parameter in parameters {
                        let required = Self.required(by: path, with: parameter.name)
                        let name = parameter.name.replacing("!", with: "%21")
                        let value = parameter.example.text.replacing("/", with: "%2F")
                        let response = try await client.get("\(path)?\(required)\(name)=\(value)")
                        #expect(response.status == .ok, "\(path) \(parameter.name): \(response.text)")
                    }
                    let response = try await client.get("\(path)?surprise=1")
                    #expect(response.status == .badRequest)
                    // The refusal lists what is taken: all of that is in the document.
                    let detail = try response.problem().detail
                    let listed = detail.split(separator: "accepted are ").last?.split(separator: ", ") ?? []
                    let names = Set(parameters.map(\.name))
                    // Exclusions are told of once, in the text.
                    #expect(!listed.isEmpty && listed.allSatisfy { names.contains(String($0)) }, "\(path): \(detail)")
                    #expect(names.filter { !$0.hasSuffix("!") }.isSubset(of: listed.map(String.init)), "\(detail)")
                }
            }
    }

    /// What a request to `path` needs beside the parameter `name`.
    private static func required(by path: String, with name: String) -> String {
        switch (path, name) {
        case ("/api/v1/explain", "remote"): "local=eu/a&"
        case ("/api/v1/explain", "local"): "remote=8.8.8.8&"
        case ("/api/v1/explain", _): "remote=8.8.8.8&local=eu/a&"
        case ("/api/v1/close", "revision"): "month=2026-02&"
        case ("/api/v1/costs", "bill"): "basis=allocated&"
        default: ""
        }
    }
}
