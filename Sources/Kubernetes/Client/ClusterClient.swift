// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// A client of one cluster's API.
///
/// Read next: ``ClusterCredentials`` for how it is reached, ``Follower`` and ``Change`` for what it tells.
public final class ClusterClient: Sendable {
    /// How the cluster is reached.
    public let credentials: ClusterCredentials
    /// The bounds of the followers.
    public let limits: FollowLimits

    private let source: CredentialSource
    private let http: HTTPClient
    private let userAgent: String
    /// The server's URL as it is asked for, its host replaced by the name that its certificate must have.
    private let base: String
    /// The host and port that the server goes by, if `base` has another one.
    private let hostHeader: String?

    /// A client of the cluster that `credentials` lead to; ``shutdown()`` must be called at the end.
    ///
    /// - Parameter userAgent: What the server's logs call this program.
    public init(
        _ credentials: ClusterCredentials,
        limits: FollowLimits = FollowLimits(),
        userAgent: String = "netledger"
    ) {
        self.credentials = credentials
        self.limits = limits
        self.userAgent = userAgent
        source = CredentialSource(credentials)
        var configuration = HTTPClient.Configuration()
        // A watch holds its connection for as long as it lasts; one connection each is simple and breaks alone.
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        // The followers' own retries are slower, and told.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let name = credentials.serverName, let url = URLComponents(string: credentials.server), let host = url.host,
            name != host
        {
            var named = url
            named.host = name
            configuration.dnsOverride = [name: host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))]
            base = named.string ?? credentials.server
            hostHeader = url.port.map { "\(host):\($0)" } ?? host
        } else {
            base = credentials.server
            hostHeader = nil
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Follows all objects of a type; nothing is asked of the server before ``Follower/run(_:)``.
    public func follower<Object: ClusterObject>(of type: Object.Type) -> Follower<Object> {
        Follower(client: self)
    }

    /// Closes the connections.
    public func shutdown() async throws {
        try await http.shutdown()
    }

    /// Sends a request and waits for the head of a successful response.
    ///
    /// - Parameters:
    ///   - target: The path below the server's URL, and the query.
    ///   - refused: Told the generation of the credentials that a failure is about.
    func send(
        _ target: String,
        method: HTTPMethod = .GET,
        accept: String,
        body: ByteBuffer? = nil,
        refused: (_ generation: Int) -> Void
    ) async throws(RequestFailure) -> HTTPClientResponse.Body {
        let current: CredentialSource.Current
        do {
            current = try await source.current()
        } catch {
            throw .credentials(error.description)
        }
        var request = HTTPClientRequest(url: base + target)
        request.method = method
        request.tlsConfiguration = current.tls
        request.headers.add(name: "accept", value: accept)
        request.headers.add(name: "user-agent", value: userAgent)
        if let hostHeader { request.headers.add(name: "host", value: hostHeader) }
        if let authorization = current.authorization {
            request.headers.add(name: "authorization", value: authorization.value)
        }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        do {
            let response = try await http.execute(request, deadline: .now() + TimeAmount(limits.responseTime))
            if (200..<300).contains(response.status.code) { return response.body }
            if response.status == .unauthorized { refused(current.generation) }
            // A body that breaks off, or says too much, is not needed to know that the server refused.
            let content = (try? await response.body.collect(upTo: 65_536)) ?? ByteBuffer()
            throw RequestFailure.status(
                APIStatus(
                    code: Int(response.status.code),
                    retryAfter: response.headers.first(name: "retry-after"),
                    body: Array(content.readableBytesView)
                )
            )
        } catch let failure as RequestFailure {
            throw failure
        } catch {
            throw RequestFailure(connection: error, responseTime: limits.responseTime)
        }
    }

    /// Makes the next request read or make its credentials anew, if those of `generation` are still in use.
    func renewCredentials(after generation: Int) {
        source.renew(after: generation)
    }
}
