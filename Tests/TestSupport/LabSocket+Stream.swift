// SPDX-License-Identifier: Apache-2.0
import Glibc

extension LabSocket {
    /// Sends `count` bytes to the peer and `reply` bytes back at the same time; both sides have received all of them
    /// at the end.
    ///
    /// - Throws: ``Failure`` of a call, or with `ETIMEDOUT` if nothing moves for ten seconds.
    public func exchange(_ count: Int, with peer: LabSocket, reply: Int) throws {
        var ways = [Way(from: self, to: peer, count: count), Way(from: peer, to: self, count: reply)]
        while ways.contains(where: { !$0.isDone }) {
            var moved = false
            for index in ways.indices where try ways[index].move() { moved = true }
            if moved { continue }
            var waits = ways.map { pollfd(fd: $0.to.descriptor, events: Int16(POLLIN), revents: 0) }
            if poll(&waits, nfds_t(waits.count), 10_000) == 0 { throw Failure("exchange", code: ETIMEDOUT) }
        }
    }

    /// What the kernel says of a TCP connection, this end's view.
    public struct Statistics: Hashable, Sendable {
        /// Segments sent, repetitions and those without data included; a SYN-ACK is not.
        public var segmentsSent: Int
        /// Segments received.
        public var segmentsReceived: Int
        /// Payload bytes sent, repetitions included.
        public var bytesSent: Int
        /// Payload bytes received for the first time.
        public var bytesReceived: Int
        /// Payload bytes that were repeated.
        public var bytesRepeated: Int
        /// Segments that were sent and not acknowledged yet.
        public var unacknowledged: Int
    }

    /// True if all that this end of a connection and its peer have sent was received, and acknowledged.
    ///
    /// - Throws: ``Failure`` if it is not a TCP socket.
    public func isQuiet(_ peer: LabSocket) throws -> Bool {
        let (own, other) = (try statistics(), try peer.statistics())
        return own.bytesSent - own.bytesRepeated == other.bytesReceived && own.unacknowledged == 0
            && other.bytesSent - other.bytesRepeated == own.bytesReceived && other.unacknowledged == 0
    }

    /// True once the peer's reset has come.
    public var isReset: Bool {
        var event = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&event, 1, 0) == 1 && Int32(event.revents) & Int32(POLLERR) != 0
    }

    /// Reads `TCP_INFO`.
    ///
    /// - Throws: ``Failure`` if it is not a TCP socket, or the kernel is older than 4.19.
    public func statistics() throws -> Statistics {
        var info = [UInt8](repeating: 0, count: 256)
        var length = socklen_t(info.count)
        guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0 else {
            throw Failure("TCP_INFO")
        }
        guard length >= 216 else { throw Failure("TCP_INFO of \(length) bytes", code: ENOSYS) }
        // Offsets in the kernel's struct tcp_info, of which the C library's header has only the first half.
        return info.withUnsafeBytes { info in
            Statistics(
                segmentsSent: Int(info.load(fromByteOffset: 136, as: UInt32.self)),
                segmentsReceived: Int(info.load(fromByteOffset: 140, as: UInt32.self)),
                bytesSent: Int(info.load(fromByteOffset: 200, as: UInt64.self)),
                bytesReceived: Int(info.load(fromByteOffset: 128, as: UInt64.self)),
                bytesRepeated: Int(info.load(fromByteOffset: 208, as: UInt64.self)),
                unacknowledged: Int(info.load(fromByteOffset: 24, as: UInt32.self))
            )
        }
    }
}

/// One direction of an exchange.
private struct Way {
    let from: LabSocket
    let to: LabSocket
    let count: Int
    var sent = 0
    var received = 0

    private static let filling = [UInt8](repeating: 0x5a, count: 262_144)

    init(from: LabSocket, to: LabSocket, count: Int) {
        self.from = from
        self.to = to
        self.count = count
    }

    var isDone: Bool { received >= count }

    /// Sends and receives what is possible without waiting; false if that was nothing.
    mutating func move() throws -> Bool {
        var moved = false
        if sent < count {
            let result = Glibc.send(
                from.descriptor,
                Self.filling,
                min(count - sent, Self.filling.count),
                Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            )
            if result < 0, errno != EAGAIN { throw LabSocket.Failure("send") }
            if result > 0 {
                sent += result
                moved = true
            }
        }
        if received < count {
            var buffer = [UInt8](repeating: 0, count: 262_144)
            let result = recv(to.descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if result < 0, errno != EAGAIN { throw LabSocket.Failure("recv") }
            if result == 0 { throw LabSocket.Failure("recv", code: ECONNABORTED) }
            if result > 0 {
                received += result
                moved = true
            }
        }
        return moved
    }
}
