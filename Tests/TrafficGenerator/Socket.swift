// SPDX-License-Identifier: Apache-2.0
import Glibc

/// One open socket; it is closed when the value ends.
struct Socket: ~Copyable {
    private let descriptor: Int32

    /// A new socket of `kind`, `SOCK_STREAM` or `SOCK_DGRAM`.
    init(family: Int32, kind: __socket_type) throws(GeneratorError) {
        descriptor = socket(family, Int32(kind.rawValue), 0)
        if descriptor < 0 { throw .last("socket") }
    }

    private init(adopting descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Binds to `address`, even if an earlier connection to the port lingers.
    func bind(to address: SocketAddress) throws(GeneratorError) {
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let result = address.withPointer { Glibc.bind(descriptor, $0, $1) }
        if result != 0 { throw .last("bind") }
    }

    func listen() throws(GeneratorError) {
        if Glibc.listen(descriptor, 128) != 0 { throw .last("listen") }
    }

    func accept() throws(GeneratorError) -> Socket {
        let accepted = Glibc.accept(descriptor, nil, nil)
        if accepted < 0 { throw .last("accept") }
        return Socket(adopting: accepted)
    }

    func connect(to address: SocketAddress) throws(GeneratorError) {
        let result = address.withPointer { Glibc.connect(descriptor, $0, $1) }
        if result != 0 { throw .last("connect") }
    }

    /// Says that nothing more will be sent; the socket stays whole and can still receive.
    func finishSending() throws(GeneratorError) {
        if shutdown(descriptor, Int32(SHUT_WR)) != 0 { throw .last("shutdown") }
    }

    /// Gives the kernel the first `count` bytes of `bytes`, all of them.
    func send(_ bytes: [UInt8], count: Int) throws(GeneratorError) {
        var sent = 0
        while sent < count {
            let result = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
            }
            if result < 0 { throw .last("send") }
            sent += result
        }
    }

    /// Sends one datagram from an unconnected socket.
    func send(_ bytes: [UInt8], to peer: SocketAddress) throws(GeneratorError) {
        let sent = peer.withPointer { pointer, length in
            bytes.withUnsafeBytes { sendto(descriptor, $0.baseAddress, $0.count, 0, pointer, length) }
        }
        if sent < 0 { throw .last("sendto") }
        if sent != bytes.count { throw .mismatch("sendto took \(sent) of \(bytes.count) bytes") }
    }

    /// Receives into `buffer`; 0 is the end of a stream.
    func receive(into buffer: inout [UInt8]) throws(GeneratorError) -> Int {
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count < 0 { throw .last("recv") }
        return count
    }

    /// Receives one datagram into `buffer`, and who sent it.
    func receiveDatagram(into buffer: inout [UInt8]) throws(GeneratorError) -> (count: Int, from: SocketAddress) {
        let (peer, count) = SocketAddress.filled { pointer, length in
            buffer.withUnsafeMutableBytes { recvfrom(descriptor, $0.baseAddress, $0.count, 0, pointer, length) }
        }
        if count < 0 { throw .last("recvfrom") }
        return (count, peer)
    }

    /// Receives and drops bytes until the stream ends; answers how many there were.
    func drain(into buffer: inout [UInt8]) throws(GeneratorError) -> Int {
        var total = 0
        while case let count = try receive(into: &buffer), count > 0 { total += count }
        return total
    }
}
