// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Ledger
import NIOCore
import Queries
import Synchronization
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

@Suite struct IngestRouteTests {
    @Test func aBatchIsBookedOnceHoweverOftenItComes() async throws {
        try await TestClassifier()
            .run { client in
                let batch = FlowBatch.test()
                #expect(try await client.post(batch) == Acknowledgement(outcome: .applied, nextSequence: 2))
                #expect(try await client.post(batch) == Acknowledgement(outcome: .duplicate, nextSequence: 2))
                #expect(try await client.post(batch) == Acknowledgement(outcome: .duplicate, nextSequence: 2))

                let usage = try await client.usage()
                #expect(
                    usage.counters
                        == FlowCounters(egressBytes: 1000, ingressBytes: 5000, egressPackets: 1, ingressPackets: 5)
                )
                let metrics = try await client.metrics()
                #expect(metrics[#"netledger_classifier_batches_total{outcome="applied"}"#] == 1)
                #expect(metrics[#"netledger_classifier_batches_total{outcome="duplicate"}"#] == 2)
                #expect(metrics["netledger_classifier_records_total"] == 1)
                let bytes = try batch.encoded().count
                #expect(metrics["netledger_classifier_batch_bytes_total"] == Double(3 * bytes))
                #expect(metrics["netledger_classifier_booking_seconds_count"] == 3)
            }
    }

    @Test func ofConcurrentCopiesOneIsApplied() async throws {
        try await TestClassifier()
            .run { client in
                let batches = (1...4).map { FlowBatch.test(node: "node-\($0)") }
                let outcomes = try await withThrowingTaskGroup(of: (String, Acknowledgement.Outcome).self) { group in
                    for _ in 0..<8 {
                        for batch in batches {
                            group.addTask { (batch.source.node, try await client.post(batch).outcome) }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                for batch in batches {
                    let own = outcomes.filter { $0.0 == batch.source.node }
                    #expect(own.count == 8)
                    #expect(own.count { $0.1 == .applied } == 1)
                }
                #expect(try await client.usage().total["egress_bytes"] == 4000)
            }
    }

    @Test(arguments: [nil, "text/plain", "application/json", "application/x-protobufs", ""])
    func onlyProtobufIsTaken(contentType: String?) async throws {
        try await expectRefusal(.unsupportedMediaType, reason: "content_type", field: "content-type") { client in
            try await client.post(bytes: FlowBatch.test().encoded(), contentType: contentType)
        }
    }

    @Test func parametersOfTheContentTypeDoNotMatter() async throws {
        try await TestClassifier()
            .run { client in
                let type = "Application/X-Protobuf; messageType=\"netledger.v1.FlowBatch\""
                let response = try await client.post(bytes: FlowBatch.test().encoded(), contentType: type)
                #expect(response.status == .ok)
            }
    }

    @Test(arguments: ["gzip", "br", "zstd", "identity, gzip"])
    func encodedBodiesAreNotTaken(encoding: String) async throws {
        try await expectRefusal(.unsupportedMediaType, reason: "content_encoding", field: "content-encoding") {
            client in
            try await client.post(bytes: FlowBatch.test().encoded(), encoding: encoding)
        }
    }

    @Test func identityIsNoEncoding() async throws {
        try await TestClassifier()
            .run { client in
                let response = try await client.post(bytes: FlowBatch.test().encoded(), encoding: "identity")
                #expect(response.status == .ok)
            }
    }

    @Test func aBodyOfExactlyTheLimitIsTaken() async throws {
        let bytes = try FlowBatch.test().encoded()
        try await TestClassifier { $0.maxBody = bytes.count }
            .run { client in
                let response = try await client.post(bytes: bytes)
                #expect(response.status == .ok)
            }
        try await TestClassifier { $0.maxBody = bytes.count - 1 }
            .run { client in
                let response = try await client.post(bytes: bytes)
                #expect(response.status == .contentTooLarge)
                _ = try response.problem()
            }
    }

    @Test func aDeclaredBodyOverTheLimitIsNotRead() async throws {
        let classifier = try TestClassifier { $0.maxBody = 4096 }
        let pipeline = try classifier.pipeline()
        let route = IngestRoute(pipeline: pipeline, maxBody: 4096)
        let read = Mutex(0)
        let request = Request.streaming(chunks: 100, of: 1000, declared: 100_000) { read.withLock { $0 += 1 } }
        await #expect(throws: RequestProblem.self) { try await route.report(request) }
        #expect(read.withLock { $0 } == 0)
        #expect(pipeline.meter.snapshot.refused[.tooLarge] == .init(batches: 1, bytes: 100_000))
    }

    @Test func anUndeclaredBodyIsReadNoFurtherThanTheLimit() async throws {
        let classifier = try TestClassifier { $0.maxBody = 4096 }
        let pipeline = try classifier.pipeline()
        let route = IngestRoute(pipeline: pipeline, maxBody: 4096)
        let read = Mutex(0)
        let request = Request.streaming(chunks: 100, of: 1000, declared: nil) { read.withLock { $0 += 1 } }
        let problem = await #expect(throws: RequestProblem.self) { try await route.report(request) }
        #expect(problem?.problem.status == 413)
        #expect(read.withLock { $0 } == 5)
        #expect(pipeline.meter.snapshot.refused[.tooLarge] == .init(batches: 1, bytes: 5000))
    }

    @Test func aBodyThatEndsEarlyIsRefused() async throws {
        struct Reset: Error {}
        let pipeline = try TestClassifier().pipeline()
        let route = IngestRoute(pipeline: pipeline, maxBody: 4096)
        let request = Request.streaming(chunks: 2, of: 100, declared: 1000, then: Reset()) {}
        let problem = await #expect(throws: RequestProblem.self) { try await route.report(request) }
        #expect(problem?.problem.status == 400)
        #expect(pipeline.meter.snapshot.refused[.incomplete] == .init(batches: 1, bytes: 200))
    }

    @Test func whatIsNotProtobufIsRefused() async throws {
        try await expectRefusal(.badRequest, reason: "malformed", field: nil) { client in
            try await client.post(bytes: Array("no protobuf at all".utf8))
        }
    }

    @Test func everyTruncationIsRefused() async throws {
        let whole = try FlowBatch.test(losses: [Loss(reason: "map_full", counters: .zero)]).encoded()
        try await TestClassifier()
            .run { client in
                for length in 0..<whole.count {
                    let response = try await client.post(bytes: Array(whole[..<length]))
                    #expect(response.status == .badRequest, "the first \(length) bytes")
                    _ = try response.problem()
                }
                #expect(try await client.usage().counters.isZero)
                let refused = try await client.metrics().family("netledger_classifier_refused_batches_total")
                #expect(refused.values.reduce(0, +) == Double(whole.count))
            }
    }

    /// An agent that was upgraded before its classifier keeps its batches: 409 is no final answer to it.
    @Test func aNewerSchemaIsRefusedForNow() async throws {
        try await expectRefusal(.conflict, reason: "unsupported_version", field: "schema_version") { client in
            // Field 1, a varint, as every batch begins with; protobuf takes the last of two.
            try await client.post(bytes: FlowBatch.test().encoded() + [0x08, 2])
        }
    }

    @Test func aContradictionIsRefusedByItsField() async throws {
        try await expectRefusal(.badRequest, reason: "invalid", field: "sequence") { client in
            // Field 5, a varint: sequence 0.
            try await client.post(bytes: FlowBatch.test().encoded() + [0x28, 0])
        }
    }

    /// Posts something bad between two good batches, and expects that it changed nothing but its counters.
    private func expectRefusal(
        _ status: HTTPResponse.Status,
        reason: String,
        field: String?,
        sourceLocation: SourceLocation = #_sourceLocation,
        post: @Sendable (any TestClientProtocol) async throws -> TestResponse
    ) async throws {
        try await TestClassifier()
            .run { client in
                try await client.post(FlowBatch.test(sequence: 1))
                let before = try await client.usage()
                let response = try await post(client)
                #expect(response.status == status, sourceLocation: sourceLocation)
                #expect(try response.problem().field == field, "\(response.text)", sourceLocation: sourceLocation)

                #expect(try await client.usage().counters == before.counters, sourceLocation: sourceLocation)
                let metrics = try await client.metrics()
                let refused = metrics.family("netledger_classifier_refused_batches_total")
                #expect(refused.values.reduce(0, +) == 1, sourceLocation: sourceLocation)
                #expect(metrics.refused(reason).first == 1, sourceLocation: sourceLocation)
                #expect((metrics.refused(reason).last.flatMap { $0 } ?? 0) > 0, sourceLocation: sourceLocation)
                // The sequence that was refused is still wanted.
                let next = try await client.post(FlowBatch.test(sequence: 2))
                #expect(next == Acknowledgement(outcome: .applied, nextSequence: 3), sourceLocation: sourceLocation)
            }
    }
}

extension TestClassifier {
    /// A pipeline on a ledger of its own, which stays open until the test ends.
    func pipeline(
        classify: (@Sendable (FlowBatch) -> Booking)? = nil
    ) throws -> Pipeline {
        Pipeline(
            ledger: try Ledger(path: settings.database),
            classify: classify ?? { Booking(classifying: $0, with: Rulebook(NetworkPlan())) },
            clock: clock.wall,
            logger: Self.silent
        )
    }
}

extension IngestRoute {
    /// The answer to `request`, sent by anyone.
    fileprivate func report(_ request: Request) async throws -> Response {
        guard case .report(let handle) = route.handler else { throw LaunchError("\(route.path) takes no reports") }
        return try await handle(request, .anyone)
    }
}

extension Request {
    /// A `POST` of protobuf whose body comes in chunks, each noted when it is taken.
    fileprivate static func streaming(
        chunks: Int,
        of size: Int,
        declared: Int?,
        then failure: (any Error)? = nil,
        taken: @escaping @Sendable () -> Void
    ) -> Request {
        var headers: HTTPFields = [.contentType: "application/x-protobuf"]
        headers[.contentLength] = declared.map(String.init)
        let left = Mutex(chunks)
        let body = AsyncThrowingStream<ByteBuffer, any Error> {
            let index = left.withLock { left in
                left -= 1
                return left
            }
            guard index >= 0 else {
                if let failure { throw failure }
                return nil
            }
            taken()
            return ByteBuffer(repeating: 0, count: size)
        }
        return Request(
            head: HTTPRequest(
                method: .post,
                scheme: "http",
                authority: "test",
                path: "/v1/flows",
                headerFields: headers
            ),
            body: RequestBody(asyncSequence: body)
        )
    }
}
