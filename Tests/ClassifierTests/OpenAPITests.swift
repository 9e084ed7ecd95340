// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
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

    /// A text, or a list of texts.
    private struct Example: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            text = try (try? container.decode(String.self)) ?? container.decode([String].self).joined(separator: ",")
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
        try await TestClassifier()
            .run { client in
                for (path, operations) in try await document(client).paths {
                    guard let parameters = operations["get"]?.parameters else { continue }
                    let required = path == "/api/v1/explain" ? "remote=8.8.8.8&local=eu/a&" : ""
                    for parameter in parameters where !required.contains(parameter.name + "=") {
                        let name = parameter.name.replacing("!", with: "%21")
                        let value = parameter.example.text.replacing("/", with: "%2F")
                        let response = try await client.get("\(path)?\(required)\(name)=\(value)")
                        #expect(response.status == .ok, "\(path) \(parameter.name): \(response.text)")
                    }
                    let response = try await client.get("\(path)?\(required)surprise=1")
                    #expect(response.status == .badRequest)
                    // The refusal lists what is taken: all of that is in the document.
                    let detail = try response.problem().detail
                    let listed = detail.split(separator: "accepted are ").last?.split(separator: ", ") ?? []
                    let names = Set(parameters.map(\.name))
                    #expect(!listed.isEmpty && listed.allSatisfy { names.contains(String($0)) }, "\(detail)")
                }
            }
    }
}
