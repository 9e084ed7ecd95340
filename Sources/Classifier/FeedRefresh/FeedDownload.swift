// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Feeds
import Identity
import NIOCore
import NIOHTTP1
import NIOSSL

/// Asks publishers for their documents, if they have changed.
struct FeedDownload: Sendable {
    /// What a publisher answered.
    enum Answer: Equatable, Sendable {
        /// The document is the one that was asked about.
        case unchanged
        /// A document, and the headers by which to ask about it.
        case document([UInt8], entityTag: String?, lastModified: String?)
    }

    /// The largest document that is taken, in bytes.
    var maxBytes = FeedFile.maxBytes
    /// Time for one attempt, from the connection to the last byte.
    var timeout = Duration.seconds(60)

    private let client: HTTPClient

    /// A client; ``shutdown()`` must be called at the end.
    init() {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .follow(max: 3, allowCycles: false)
        configuration.timeout.connect = .seconds(10)
        // Our own retries are slower, counted and logged.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// The document of `remote`, unless it is the one that `known` is about.
    ///
    /// - Throws: ``FeedError`` that names the URL.
    func get(_ remote: FeedRemote, known: FeedFolder.Answer?) async throws(FeedError) -> Answer {
        let url = remote.url
        do {
            return try await withThrowingTaskGroup(of: Answer.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await load(remote, known: known) }
                group.addTask {
                    try await Task.sleep(for: timeout)
                    throw FeedError(
                        source: url,
                        reason: "was not answered whole within \(timeout.components.seconds) s"
                    )
                }
                guard let answer = try await group.next() else { throw CancellationError() }
                return answer
            }
        } catch let error as FeedError {
            throw error
        } catch let error as IdentityError {
            throw FeedError(source: url, reason: "cannot be asked for: \(error)")
        } catch {
            throw FeedError(source: url, reason: Self.reason(error, remote))
        }
    }

    /// Why nothing came, and what can be done about it.
    private static func reason(_ error: any Error, _ remote: FeedRemote) -> String {
        let text = "\(error)"
        if error as? NIOSSLExtraError == .failedToValidateHostname {
            return "cannot be loaded: the server's certificate is for another name than the URL's"
        }
        guard error is NIOSSLError, text.contains("CERTIFICATE_VERIFY_FAILED") else {
            return "cannot be loaded: \(text)"
        }
        let file = remote.authorities.map { "in \($0)" } ?? "the system knows; name another one with 'ca-file'"
        return "cannot be loaded: the server's certificate has expired, or is of no authority \(file)"
    }

    private func load(_ remote: FeedRemote, known: FeedFolder.Answer?) async throws -> Answer {
        let url = remote.url
        var request = HTTPClientRequest(url: url)
        if remote.authorities != nil {
            // Read each time, since it may be replaced.
            request.tlsConfiguration = try ClientIdentity(.init(authorities: remote.authorities), for: url)
                .credentials().tls
        }
        request.headers.add(name: "user-agent", value: "netledger-classifier/\(Version.current)")
        request.headers.add(name: "accept", value: "application/json")
        if let known, known.url == url {
            if let tag = known.entityTag { request.headers.add(name: "if-none-match", value: tag) }
            if let time = known.lastModified { request.headers.add(name: "if-modified-since", value: time) }
        }
        let response = try await client.execute(request, deadline: .now() + TimeAmount(timeout))
        switch response.status {
        case .notModified where known != nil: return .unchanged
        case .ok: break
        default: throw FeedError(source: url, reason: "answered with status \(response.status.code)")
        }
        var document: [UInt8] = []
        for try await part in response.body {
            guard document.count + part.readableBytes <= maxBytes else {
                throw FeedError(source: url, reason: "is larger than \(maxBytes) bytes")
            }
            document += part.readableBytesView
        }
        return .document(
            document,
            entityTag: response.headers.first(name: "etag"),
            lastModified: response.headers.first(name: "last-modified")
        )
    }

    /// Closes the connections.
    func shutdown() async throws {
        try await client.shutdown()
    }
}
