// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import TestSupport

/// A publisher of one document over HTTPS.
enum TLSPublisher {
    /// Serves `document` with the certificate `pair` while `body` runs, which is told the port.
    static func serve(
        _ document: [UInt8],
        as pair: CertificateAuthority.Pair,
        port: Int = 0,
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(pair.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: pair.key, format: .pem))
        )
        let (ports, running) = AsyncStream<Int>.makeStream()
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { _, _ in
                Response(status: .ok, body: .init(byteBuffer: ByteBuffer(bytes: document)))
            },
            server: try .tls(.http1(), tlsConfiguration: tls),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in running.yield(channel.localAddress?.port ?? 0) },
            logger: TestClassifier.silent
        )
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await application.run()
                return false
            }
            group.addTask {
                var iterator = ports.makeAsyncIterator()
                guard let port = await iterator.next() else { throw CancellationError() }
                try await body(port)
                return true
            }
            // Whichever ends first: the body, or a server that cannot start.
            guard try await group.next() == true else { throw CancellationError() }
            group.cancelAll()
        }
    }
}
