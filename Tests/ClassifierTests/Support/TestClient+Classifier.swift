// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing
import Traffic
import Wire

/// A problem document, as a client reads it.
struct ProblemDocument: Decodable {
    var type: String
    var title: String
    var status: Int
    var detail: String
    var parameter: String?
    var field: String?
}

extension TestClientProtocol {
    /// `GET` with an optional `Accept` and an optional token.
    func get(_ uri: String, accept: String? = nil, token: String? = nil) async throws -> TestResponse {
        var headers = HTTPFields()
        headers[.authorization] = token.map { "Bearer \($0)" }
        if let accept { headers[.accept] = accept }
        return try await execute(uri: uri, method: .get, headers: headers) { $0 }
    }

    /// Posts raw bytes as a batch.
    func post(
        bytes: [UInt8],
        contentType: String? = "application/x-protobuf",
        encoding: String? = nil,
        token: String? = nil
    ) async throws -> TestResponse {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        headers[.contentEncoding] = encoding
        headers[.authorization] = token.map { "Bearer \($0)" }
        return try await execute(uri: "/v1/flows", method: .post, headers: headers, body: ByteBuffer(bytes: bytes)) {
            $0
        }
    }

    /// Posts a batch that must be answered with an acknowledgement.
    @discardableResult
    func post(_ batch: FlowBatch, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Acknowledgement {
        let response = try await post(bytes: batch.encoded())
        #expect(response.status == .ok, "\(response.text)", sourceLocation: sourceLocation)
        #expect(response.headers[.contentType] == "application/x-protobuf", sourceLocation: sourceLocation)
        return try Acknowledgement(encoded: Array(response.body.readableBytesView))
    }

    /// The text of `/metrics`.
    func metrics() async throws -> MetricsSnapshot {
        let response = try await get("/metrics")
        #expect(response.status == .ok)
        return MetricsSnapshot(response.text)
    }

    /// The JSON of `/api/v1/usage`.
    func usage(_ query: String = "") async throws -> UsageDocument {
        let response = try await get("/api/v1/usage?\(query)")
        #expect(response.status == .ok, "\(query): \(response.text)")
        return try JSONDecoder().decode(UsageDocument.self, from: Data(response.body.readableBytesView))
    }
}

extension TestResponse {
    /// The body as text.
    var text: String {
        String(buffer: body)
    }

    /// The body as a problem, after checking that it is labelled as one and agrees with the status.
    func problem(sourceLocation: SourceLocation = #_sourceLocation) throws -> ProblemDocument {
        #expect(headers[.contentType] == "application/problem+json", "\(text)", sourceLocation: sourceLocation)
        let document = try JSONDecoder().decode(ProblemDocument.self, from: Data(body.readableBytesView))
        #expect(document.status == status.code, sourceLocation: sourceLocation)
        #expect(document.type == "about:blank", sourceLocation: sourceLocation)
        #expect(!document.title.isEmpty && !document.detail.isEmpty, sourceLocation: sourceLocation)
        return document
    }
}
