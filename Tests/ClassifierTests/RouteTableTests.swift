// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing
import Traffic
import Wire

@testable import Classifier

@Suite struct RouteTableTests {
    static let getPaths = ["/metrics", "/api/v1/usage", "/api/v1/status", "/healthz", "/readyz"]

    @Test(arguments: ["/", "", "/nothing", "/metrics/", "/v1", "/V1/flows", "/api/v1/usage/x"])
    func anUnknownPathIsNotFound(path: String) async throws {
        try await TestClassifier()
            .run { client in
                let response = try await client.get(path)
                #expect(response.status == .notFound)
                #expect(try response.problem().detail.contains("/api/v1/usage"))
                let metrics = try await client.metrics()
                #expect(metrics[#"http_requests_total{handler="unmatched",method="GET",code="404"}"#] == 1)
            }
    }

    @Test(arguments: getPaths, [HTTPRequest.Method.post, .put, .delete, .patch, .options])
    func aWrongMethodIsNotAllowed(path: String, method: HTTPRequest.Method) async throws {
        try await TestClassifier()
            .run { client in
                let response = try await client.execute(uri: path, method: method) { $0 }
                #expect(response.status == .methodNotAllowed)
                #expect(response.headers[.allow] == "GET, HEAD")
                #expect(try response.problem().detail.contains(method.rawValue))
            }
    }

    @Test func flowsArePostedOnly() async throws {
        try await TestClassifier()
            .run { client in
                let response = try await client.get("/v1/flows")
                #expect(response.status == .methodNotAllowed)
                #expect(response.headers[.allow] == "POST")
            }
    }

    @Test(arguments: getPaths)
    func headAnswersLikeGetWithoutABody(path: String) async throws {
        try await TestClassifier()
            .run { client in
                let get = try await client.get(path)
                let head = try await client.execute(uri: path, method: .head) { $0 }
                #expect(head.status == .ok)
                #expect(head.headers[.contentType] == get.headers[.contentType])
                #expect(head.body.readableBytes == 0)
            }
    }

    @Test(arguments: getPaths)
    func anUnknownParameterIsRefusedByName(path: String) async throws {
        try await TestClassifier()
            .run { client in
                let response = try await client.get(path + "?colour=red")
                #expect(response.status == .badRequest)
                #expect(try response.problem().parameter == "colour")
            }
    }

    @Test func flowsTakeNoParameters() async throws {
        try await TestClassifier()
            .run { client in
                let headers: HTTPFields = [.contentType: "application/x-protobuf"]
                let body = ByteBuffer(bytes: try FlowBatch.test().encoded())
                let response = try await client.execute(
                    uri: "/v1/flows?dry_run=1",
                    method: .post,
                    headers: headers,
                    body: body
                ) { $0 }
                #expect(try response.problem().parameter == "dry_run")
                #expect(try await client.usage().counters.isZero)
            }
    }

    @Test func requestsAreCountedByRouteMethodAndCode() async throws {
        try await TestClassifier()
            .run { client in
                _ = try await client.get("/healthz")
                _ = try await client.get("/healthz")
                _ = try await client.get("/healthz?x")
                _ = try await client.execute(uri: "/healthz", method: .head) { $0 }
                _ = try await client.execute(uri: "/healthz", method: HTTPRequest.Method("BREW") ?? .trace) { $0 }
                _ = try await client.get("/a?b=c")
                _ = try await client.get("/d")
                #expect(
                    try await client.metrics().family("http_requests_total") == [
                        #"{handler="/healthz",method="GET",code="200"}"#: 2,
                        #"{handler="/healthz",method="GET",code="400"}"#: 1,
                        #"{handler="/healthz",method="HEAD",code="200"}"#: 1,
                        #"{handler="/healthz",method="other",code="405"}"#: 1,
                        #"{handler="unmatched",method="GET",code="404"}"#: 2,
                    ]
                )
            }
    }

    @Test func healthIsPlainText() async throws {
        try await TestClassifier()
            .run { client in
                for path in ["/healthz", "/readyz"] {
                    let response = try await client.get(path)
                    #expect(response.status == .ok)
                    #expect(response.text == "ok\n")
                }
            }
    }
}
