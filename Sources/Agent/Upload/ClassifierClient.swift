// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Identity
import NIOCore
import NIOHTTP1
import NIOSSL

/// Posts batches over HTTP.
struct ClassifierClient: BatchTransport {
    /// The classifier's URL, without a slash at its end.
    let url: String
    /// Time for one attempt, connecting included.
    var timeout = Duration.seconds(30)

    private let client: HTTPClient
    private let identity: ClientIdentity

    /// A client for the classifier at `url`; ``shutdown()`` must be called at the end.
    init(url: String, identity: ClientIdentity) {
        self.url = url
        self.identity = identity
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
        // Our own retries are slower, counted and logged.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func send(_ body: [UInt8]) async -> UploadAnswer {
        var request = HTTPClientRequest(url: url + "/v1/flows")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/x-protobuf")
        request.headers.add(name: "user-agent", value: "netledger-agent/\(AgentProgram.version)")
        request.body = .bytes(ByteBuffer(bytes: body))
        let credentials = identity.credentials()
        // Connections that were made with another certificate are not used again, and close when they were idle.
        request.tlsConfiguration = credentials.tls
        if let authorization = credentials.authorization {
            request.headers.add(name: "authorization", value: authorization)
        }
        do {
            let response = try await client.execute(request, deadline: .now() + TimeAmount(timeout))
            let content = try await response.body.collect(upTo: 65_536)
            return UploadAnswer(
                status: Int(response.status.code),
                retryAfter: response.headers.first(name: "retry-after"),
                body: Array(content.readableBytesView)
            )
        } catch {
            return .failed(reason: Self.reason(error, credentials), retryAfter: nil)
        }
    }

    /// What went wrong on the way, and whether the agent's files could not be read again.
    private static func reason(_ error: any Error, _ credentials: ClientIdentity.Credentials) -> String {
        let cause = error is NIOSSLError ? "TLS with the classifier failed: \(error)" : String(describing: error)
        return credentials.problem.map { "\(cause) (\($0))" } ?? cause
    }

    /// Closes the connections.
    func shutdown() async throws {
        try await client.shutdown()
    }
}
