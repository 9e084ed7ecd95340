// SPDX-License-Identifier: Apache-2.0
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// HTTP/1.1 over TCP or TLS, for clients that nobody need trust: their header, pace and number are limited.
///
/// Hummingbird's own TLS channel keeps its certificate for ever and does not tell who the client is; this one is made
/// of the same parts.
struct GuardedChannel: ServerChildChannel {
    /// A connection and its parsed requests.
    struct Value: ServerChildChannelValue {
        /// The requests and answers.
        let http: HTTP1Channel.Value
        /// What is known about the client.
        let connection: Connection

        var channel: any Channel {
            http.channel
        }
    }

    /// Answers requests.
    let responder: HTTPChannelHandler.Responder
    /// The certificates; `nil` for plain HTTP.
    let tls: ServerTLS?
    /// All connections.
    let connections: ConnectionTable
    /// How slow a client may be.
    let pace: RequestPace.Limits

    /// A server that answers with `responder`.
    static func builder(tls: ServerTLS?, connections: ConnectionTable, pace: RequestPace.Limits) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            GuardedChannel(responder: responder, tls: tls, connections: connections, pace: pace)
        }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let current = tls?.current
        let connection = Connection(trust: current?.trust ?? 0)
        let http = HTTP1Channel(
            responder: responder,
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [RequestGuard(connection, in: connections, limits: pace)],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 32_768,
                    maxHeaderListSize: 65_536,
                    maxHeaderFieldCount: 100
                )
            )
        )
        return channel.eventLoop
            .makeCompletedFuture {
                guard let current else { return }
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: current.context))
            }
            .flatMap { http.setup(channel: channel, logger: logger) }
            .map { Value(http: $0, connection: connection) }
    }

    func handle(value: Value, logger: Logger) async {
        await Connection.$current.withValue(value.connection) {
            await HTTP1Channel(responder: responder).handle(value: value.http, logger: logger)
        }
    }
}
