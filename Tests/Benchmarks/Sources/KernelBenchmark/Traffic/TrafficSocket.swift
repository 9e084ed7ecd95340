// SPDX-License-Identifier: Apache-2.0
import Glibc
import Instruments

/// One open IPv4 socket; it is closed when the value ends.
struct TrafficSocket: ~Copyable {
    private let descriptor: Int32

    /// A new socket, of TCP or UDP.
    init(_ kind: __socket_type) throws(BenchmarkError) {
        descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
        guard descriptor >= 0 else { throw BenchmarkError(system: "no socket") }
    }

    private init(adopting descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    func bind(to address: sockaddr_in) throws(BenchmarkError) {
        guard address.withSocketAddress({ Glibc.bind(descriptor, $0, $1) }) == 0 else {
            throw BenchmarkError(system: "the port \(UInt16(bigEndian: address.sin_port)) is not free")
        }
    }

    func connect(to address: sockaddr_in) throws(BenchmarkError) {
        guard address.withSocketAddress({ Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw BenchmarkError(system: "no connection")
        }
    }

    func listen() throws(BenchmarkError) {
        guard Glibc.listen(descriptor, 128) == 0 else { throw BenchmarkError(system: "a socket cannot listen") }
    }

    func accept() throws(BenchmarkError) -> TrafficSocket {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { throw BenchmarkError(system: "a connection cannot be accepted") }
        return TrafficSocket(adopting: accepted)
    }

    /// Sends small messages at once, each in a packet of its own.
    func sendAtOnce() {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Lets a receive that waits longer than this end with 0.
    func limitWait(milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Says that nothing more will be sent.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Sends all of `bytes`.
    func send(_ bytes: [UInt8]) throws(BenchmarkError) {
        var sent = 0
        while sent < bytes.count {
            let result = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard result >= 0 else { throw BenchmarkError(system: "a socket cannot send") }
            sent += result
        }
    }

    /// Sends one datagram; one that the kernel has no room for, or that nobody waits for any more, is left out.
    ///
    /// - Parameter address: Where to, if the socket is not connected.
    func sendDatagram(_ bytes: [UInt8], to address: sockaddr_in?) throws(BenchmarkError) {
        let sent =
            if let address {
                address.withSocketAddress { sendto(descriptor, bytes, bytes.count, 0, $0, $1) }
            } else {
                Glibc.send(descriptor, bytes, bytes.count, 0)
            }
        guard sent == bytes.count || errno == ENOBUFS || errno == ECONNREFUSED else {
            throw BenchmarkError(system: "a datagram cannot be sent")
        }
    }

    /// Receives into `buffer`; 0 is the end of a stream, or that nothing came for long.
    func receive(into buffer: inout [UInt8]) throws(BenchmarkError) -> Int {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 || errno == EAGAIN else { throw BenchmarkError(system: "a socket cannot receive") }
        return max(count, 0)
    }

    /// Receives until `buffer` is full; false at the end of the stream.
    func fill(_ buffer: inout [UInt8]) throws(BenchmarkError) -> Bool {
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_WAITALL))
        guard count >= 0 else { throw BenchmarkError(system: "a socket cannot receive") }
        return count == buffer.count
    }
}
