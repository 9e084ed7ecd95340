// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOSSL
import NIOTLS

/// Cuts off a client that is too slow, and notes the certificate that it shows.
///
/// It stands behind the HTTP decoder, and has ``ByteWatch`` before it tell of bytes that are no whole header yet.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connection: Connection
    private let connections: ConnectionTable
    private var pace: RequestPace
    private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?

    /// Guards `connection`, which is about to open.
    init(_ connection: Connection, in connections: ConnectionTable, limits: RequestPace.Limits) {
        self.connection = connection
        self.connections = connections
        pace = RequestPace(limits: limits, at: .now())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(ByteWatch(guardian: self), position: .before(decoder))
        } catch {
            // Nobody may be slow unseen.
            context.close(promise: nil)
        }
        connections.opened(connection, channel: context.channel)
        watch(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        connections.closed(connection)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent,
            // Without it the connection is not over TLS, and shows no certificate.
            let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self),
            let certificate = handler.peerCertificate
        {
            connection.show(certificate)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            pace.receivedHeader(at: .now())
            connections.isBusy(connection)
        case .body(let bytes):
            guard pace.receivedBody(bytes.readableBytes) else {
                context.close(promise: nil)
                return
            }
        case .end:
            pace.receivedEnd(at: .now())
        }
        watch(context)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.status.kind == .successful { connections.isWelcome(connection) }
        case .body: break
        case .end:
            pace.answered(at: .now())
            if pace.unanswered == 0 { connections.isIdle(connection) }
            watch(context)
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pace.canWrite(context.channel.isWritable, at: .now())
        watch(context)
        context.fireChannelWritabilityChanged()
    }

    /// Bytes have come that the HTTP decoder has not seen yet.
    fileprivate func receivedBytes(context: ChannelHandlerContext) {
        pace.received(at: .now())
        watch(context)
    }

    /// Sees to it that a timer ends no later than the pace's deadline.
    private func watch(_ context: ChannelHandlerContext) {
        guard let deadline = pace.deadline else { return }
        if let timer {
            // One that ends too early looks again then.
            if timer.deadline <= deadline { return }
            timer.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.look(context) }
        timer = (deadline, task)
    }

    private func look(_ context: ChannelHandlerContext) {
        timer = nil
        guard let deadline = pace.deadline else { return }
        if deadline <= .now() {
            context.close(promise: nil)
        } else {
            watch(context)
        }
    }
}

/// Tells a ``RequestGuard`` of every byte, before it is part of anything.
private final class ByteWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let guardian: RequestGuard

    init(guardian: RequestGuard) {
        self.guardian = guardian
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guardian.receivedBytes(context: context)
        context.fireChannelRead(data)
    }
}
