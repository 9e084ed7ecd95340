// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import HummingbirdTesting
import Identity
import Testing
import Wire

@testable import Agent

/// The client against a real server on the loopback interface.
struct ClassifierClientTests {
    private func answer(_ response: Response, to body: [UInt8] = [1, 2, 3]) async throws -> UploadAnswer {
        let router = Router(context: BasicRequestContext.self)
        router.post("v1/flows") { request, _ in
            let received = try await request.body.collect(upTo: 1 << 20)
            #expect(Array(received.readableBytesView) == body)
            #expect(request.headers[.contentType] == "application/x-protobuf")
            #expect(request.headers[.userAgent] == "netledger-agent/\(AgentProgram.version)")
            return response
        }
        return try await Application(router: router)
            .test(.live) { server in
                let client = try ClassifierClient(anonymous: "http://127.0.0.1:\(#require(server.port))")
                let answer = await client.send(body)
                try await client.shutdown()
                return answer
            }
    }

    @Test func anAcknowledgementComesBack() async throws {
        let expected = Acknowledgement(outcome: .duplicate, nextSequence: 7)
        let response = Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: expected.encoded())))
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try await answer(response, to: body) == .acknowledged(expected))
    }

    @Test func aRefusalComesBackWithItsDetail() async throws {
        let response = Response(status: .contentTooLarge, body: ResponseBody(byteBuffer: ByteBuffer(string: "too big")))
        #expect(try await answer(response) == .refused(status: 413, detail: "too big"))
    }

    @Test func retryAfterComesBack() async throws {
        let response = Response(status: .serviceUnavailable, headers: [.retryAfter: "9"])
        #expect(try await answer(response) == .failed(reason: "status 503: ", retryAfter: .seconds(9)))
    }

    @Test func anAnswerThatIsTooLongIsAFailure() async throws {
        let page = ResponseBody(byteBuffer: ByteBuffer(repeating: 0x20, count: 100_000))
        guard case .failed = try await answer(Response(status: .ok, body: page)) else {
            Issue.record("100 kB are no acknowledgement")
            return
        }
    }

    @Test func aRedirectIsNotFollowed() async throws {
        let response = Response(status: .temporaryRedirect, headers: [.location: "http://127.0.0.1:1/"])
        #expect(try await answer(response) == .failed(reason: "status 307: ", retryAfter: nil))
    }

    @Test func nobodyListeningIsAFailure() async throws {
        let client = try ClassifierClient(anonymous: "http://127.0.0.1:1")
        let answer = await client.send([1])
        try await client.shutdown()
        guard case .failed(_, nil) = answer else {
            Issue.record("\(answer)")
            return
        }
    }
}

extension ClassifierClient {
    /// A client that shows nothing.
    fileprivate init(anonymous url: String) throws {
        self.init(url: url, identity: try ClientIdentity(.init(), for: url))
    }
}
