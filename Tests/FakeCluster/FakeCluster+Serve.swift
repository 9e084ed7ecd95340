// SPDX-License-Identifier: Apache-2.0
import Foundation
import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL

extension FakeCluster {
    /// Where a server of the cluster listens.
    public struct Address: Hashable, Sendable {
        /// The host, an IP address.
        public let host: String
        /// The port.
        public let port: Int

        /// The URL without a slash at its end.
        public var url: String { "https://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
    }

    /// Serves the cluster's API over HTTPS while `body` runs.
    ///
    /// - Parameters:
    ///   - port: The port; 0 takes a free one. A server that restarts takes the port it had.
    ///   - names: The names and addresses in the server's certificate; by default its address and `kubernetes`.
    ///   - clientAuthority: Who must have signed the clients' certificates, in PEM; `nil` asks for none.
    public func serve<Value: Sendable>(
        host: String = "127.0.0.1",
        port: Int = 0,
        names: [String]? = nil,
        clientAuthority: String? = nil,
        _ body: @escaping @Sendable (Address) async throws -> Value
    ) async throws -> Value {
        let identity = try authority.issue(name: "kube-apiserver", hosts: names ?? [host, "kubernetes"])
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(identity.certificate.utf8))
                .map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem))
        )
        if let clientAuthority {
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(clientAuthority.utf8)))
            tls.certificateVerification = .noHostnameVerification
        }
        let (ports, running) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "fake-cluster")
        logger.logLevel = .critical
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { [self] request, _ in try await respond(to: request) },
            server: try .tls(.http1(), tlsConfiguration: tls),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { channel in running.yield(channel.localAddress?.port ?? 0) },
            logger: logger
        )
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await application.run()
                return nil
            }
            group.addTask {
                var iterator = ports.makeAsyncIterator()
                guard let port = await iterator.next() else { throw CancellationError() }
                return try await body(Address(host: host, port: port))
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }
}
