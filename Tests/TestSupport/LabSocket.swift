// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// A socket of a host in a lab, driven by the test itself; see ``SocketSource``.
///
/// Calls wait at most ten seconds, then fail.
public final class LabSocket: Sendable {
    /// A system call failed.
    public struct Failure: Error, CustomStringConvertible {
        /// The call's name.
        public let call: String
        /// Its `errno`.
        public let code: Int32

        init(_ call: String, code: Int32 = errno) {
            self.call = call
            self.code = code
        }

        /// The call, and why it failed.
        public var description: String {
            "\(call): \(String(cString: strerror(code)))"
        }
    }

    /// `AF_INET` or `AF_INET6`.
    public let family: Int32

    private let opened: Mutex<Int32>

    /// The open descriptor; -1 after ``close()``.
    var descriptor: Int32 { opened.withLock(\.self) }

    /// Takes over `descriptor`.
    init(adopting descriptor: Int32, family: Int32) {
        self.family = family
        opened = Mutex(descriptor)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    deinit {
        close()
    }

    /// Closes the socket; does nothing the second time.
    public func close() {
        opened.withLock { descriptor in
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    /// Closes a connection with a reset, as `SO_LINGER` of zero does.
    public func reset() throws {
        var linger = linger(l_onoff: 1, l_linger: 0)
        try check("SO_LINGER", setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, 8))
        close()
    }

    /// Says that nothing more will be sent.
    public func finishSending() throws {
        try check("shutdown", shutdown(descriptor, Int32(SHUT_WR)))
    }

    /// Sets an integer option.
    public func set(_ level: Int32, _ option: Int32, to value: Int32) throws {
        var value = value
        try check("setsockopt \(level) \(option)", setsockopt(descriptor, level, option, &value, 4))
    }

    /// Sets an option to raw bytes.
    public func set(_ level: Int32, _ option: Int32, to value: [UInt8]) throws {
        try check("setsockopt \(level) \(option)", setsockopt(descriptor, level, option, value, socklen_t(value.count)))
    }

    /// Binds to `endpoint`, even if an earlier connection to the port lingers.
    public func bind(_ endpoint: Endpoint) throws {
        try set(SOL_SOCKET, SO_REUSEADDR, to: 1)
        try check("bind \(endpoint)", endpoint.withPointer(family: family) { Glibc.bind(descriptor, $0, $1) })
    }

    /// Accepts connections, with at most `backlog` waiting.
    public func listen(backlog: Int32 = 4096) throws {
        try check("listen", Glibc.listen(descriptor, backlog))
    }

    /// Takes the next connection.
    public func accept() throws -> LabSocket {
        let accepted = Glibc.accept(descriptor, nil, nil)
        try check("accept", accepted)
        return LabSocket(adopting: accepted, family: family)
    }

    /// Connects, and waits for it.
    public func connect(_ endpoint: Endpoint) throws {
        try check("connect \(endpoint)", endpoint.withPointer(family: family) { Glibc.connect(descriptor, $0, $1) })
    }

    /// Sends the first packet of a connection and does not wait for an answer.
    public func beginConnecting(_ endpoint: Endpoint) throws {
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        defer { _ = fcntl(descriptor, F_SETFL, flags) }
        let result = endpoint.withPointer(family: family) { Glibc.connect(descriptor, $0, $1) }
        if result != 0, errno != EINPROGRESS { throw Failure("connect") }
    }

    /// The local end.
    public var local: Endpoint {
        Endpoint.filled { Int(getsockname(descriptor, $0, $1)) }.endpoint
    }

    /// Sends `bytes`, whole, to the connected peer or to `endpoint`.
    public func send(_ bytes: [UInt8], to endpoint: Endpoint? = nil) throws {
        let flags = Int32(MSG_NOSIGNAL)
        let sent =
            if let endpoint {
                endpoint.withPointer(family: family) { sendto(descriptor, bytes, bytes.count, flags, $0, $1) }
            } else {
                Glibc.send(descriptor, bytes, bytes.count, flags)
            }
        try check("send", Int32(clamping: sent))
        if sent != bytes.count { throw Failure("send of \(bytes.count) took \(sent)", code: EMSGSIZE) }
    }

    /// Sends `count` bytes of filling.
    public func send(_ count: Int, to endpoint: Endpoint? = nil) throws {
        try send([UInt8](repeating: 0x5a, count: count), to: endpoint)
    }

    /// Receives a datagram or some bytes of a stream, at most 65,536, and who sent them; no bytes are a stream's end.
    @discardableResult
    public func receive() throws -> (bytes: [UInt8], from: Endpoint) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let (from, count) = Endpoint.filled { recvfrom(descriptor, &buffer, buffer.count, 0, $0, $1) }
        try check("receive", Int32(clamping: count))
        return (Array(buffer[..<count]), from)
    }

    /// Receives and drops bytes until the stream ends; answers how many there were.
    @discardableResult
    public func drain() throws -> Int {
        var total = 0
        while case let count = try receive().bytes.count, count > 0 { total += count }
        return total
    }

    private func check(_ call: String, _ result: Int32) throws {
        if result < 0 { throw Failure(call) }
    }
}
