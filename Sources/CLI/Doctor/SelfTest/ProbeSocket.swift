// SPDX-License-Identifier: Apache-2.0
import Glibc
import Traffic

/// A socket of the self-test, which never waits for more than two seconds; closed at the end of its life.
final class ProbeSocket {
    enum Transport: String, CaseIterable, Sendable {
        case udp = "UDP"
        case tcp = "TCP"

        var ipProtocol: IPProtocol {
            self == .udp ? .udp : .tcp
        }
    }

    enum Version: String, CaseIterable, Sendable {
        case v4
        case v6

        /// The address of loopback.
        var loopback: IPAddress {
            self == .v4 ? IPAddress(v4: 0x7f00_0001) : IPAddress(bits: 1)
        }

        /// Bytes of an IP header without options.
        var headerLength: UInt64 {
            self == .v4 ? 20 : 40
        }
    }

    let descriptor: CInt

    init(_ transport: Transport, _ version: Version) throws {
        let type = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
        let family = version == .v4 ? AF_INET : AF_INET6
        descriptor = socket(family, CInt(type.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SelfTestError.call("socket for \(transport.rawValue) \(version.rawValue)") }
        limitWaiting()
    }

    private init(adopting descriptor: CInt) {
        self.descriptor = descriptor
        limitWaiting()
    }

    deinit {
        close(descriptor)
    }

    private func limitWaiting() {
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Port of the local end.
    var port: UInt16 {
        var bytes = [UInt8](repeating: 0, count: 28)
        var length = socklen_t(bytes.count)
        bytes.withUnsafeMutableBytes {
            _ = getsockname(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    }

    func bind(to address: IPAddress) throws {
        try call("bind", address, 0) { Glibc.bind(descriptor, $0, $1) }
    }

    func listen() throws {
        guard Glibc.listen(descriptor, 8) == 0 else { throw SelfTestError.call("listen") }
    }

    func connect(to address: IPAddress, _ port: UInt16) throws {
        try call("connect", address, port) { Glibc.connect(descriptor, $0, $1) }
    }

    func accept() throws -> ProbeSocket {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { throw SelfTestError.call("accept") }
        return ProbeSocket(adopting: accepted)
    }

    /// Sends `count` bytes over a connection.
    func send(_ count: Int) throws {
        let bytes = [UInt8](repeating: 0x6e, count: count)
        guard Glibc.send(descriptor, bytes, count, CInt(MSG_NOSIGNAL)) == count else {
            throw SelfTestError.call("send")
        }
    }

    /// Sends a datagram of `count` bytes.
    func send(_ count: Int, to address: IPAddress, _ port: UInt16) throws {
        let bytes = [UInt8](repeating: 0x6e, count: count)
        try call("sendto", address, port) { CInt(sendto(descriptor, bytes, count, 0, $0, $1) == count ? 0 : -1) }
    }

    /// Takes exactly `count` bytes of a stream, or one datagram of that size.
    func receive(_ count: Int) throws {
        var bytes = [UInt8](repeating: 0, count: count + 1)
        guard recv(descriptor, &bytes, count, CInt(MSG_WAITALL)) == count else {
            throw SelfTestError.call("recv")
        }
    }

    /// Says that nothing more will be sent.
    func finish() throws {
        guard shutdown(descriptor, CInt(SHUT_WR)) == 0 else { throw SelfTestError.call("shutdown") }
    }

    /// Waits until the other side has nothing more to send.
    func receiveEnd() throws {
        var byte: UInt8 = 0
        guard recv(descriptor, &byte, 1, 0) == 0 else { throw SelfTestError.call("recv of the end") }
    }

    /// What the kernel's TCP counted of the connection, final once both sides have finished.
    func segments() throws -> TCPSegments {
        var info = [UInt8](repeating: 0, count: 256)
        var length = socklen_t(info.count)
        guard getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_INFO, &info, &length) == 0, length >= 144 else {
            throw SelfTestError.call("getsockopt TCP_INFO")
        }
        return TCPSegments(info: info)
    }

    /// Calls `body` with a socket address.
    private func call(
        _ name: String,
        _ address: IPAddress,
        _ port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws {
        let family = UInt16(address.isIPv4 ? AF_INET : AF_INET6)
        var bytes = [UInt8(family & 0xff), UInt8(family >> 8), UInt8(port >> 8), UInt8(port & 0xff)]
        bytes +=
            address.isIPv4
            ? address.bytes + [UInt8](repeating: 0, count: 8) : [0, 0, 0, 0] + address.bytes + [0, 0, 0, 0]
        let status = bytes.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { sockets in
                sockets.baseAddress.map { body($0, socklen_t(bytes.count)) } ?? -1
            }
        }
        guard status == 0 else { throw SelfTestError.call("\(name) \(address)") }
    }
}

extension IPAddress {
    /// The 4 or 16 bytes of the address, as on the wire.
    var bytes: [UInt8] {
        withUnsafeBytes(of: bits.bigEndian) { Array($0.suffix(width / 8)) }
    }
}
