// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A TCP, UDP or raw socket on the loopback interface; closed at the end of its life.
final class LoopbackSocket: Sendable {
    static let localhost: UInt32 = 0x7f00_0001

    let descriptor: CInt

    enum Kind {
        case tcp
        case udp
        /// Of UDP packets with their headers.
        case raw
    }

    struct Failure: Error {
        let call: String
        let code = errno
    }

    init(_ kind: Kind) throws {
        descriptor =
            switch kind {
            case .tcp: socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            case .udp: socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
            case .raw: socket(AF_INET, CInt(SOCK_RAW.rawValue), CInt(IPPROTO_UDP))
            }
        guard descriptor >= 0 else { throw Failure(call: "socket") }
    }

    private init(adopting descriptor: CInt) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Port of the local end.
    var port: UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutableBytes(of: &address) {
            getsockname(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// The kernel's number of this socket, which no other ever has.
    var cookie: UInt64 {
        var cookie: UInt64 = 0
        var length = socklen_t(MemoryLayout<UInt64>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &length)
        return cookie
    }

    /// Binds to a free port of an address; 0 is all addresses.
    func bind(at address: UInt32 = localhost) throws {
        try call("bind", port: 0, at: address) { Glibc.bind(descriptor, $0, $1) }
    }

    func listen() throws {
        try bind()
        guard Glibc.listen(descriptor, 16) == 0 else { throw Failure(call: "listen") }
    }

    func connect(to port: UInt16, at address: UInt32 = localhost) throws {
        try call("connect", port: port, at: address) { Glibc.connect(descriptor, $0, $1) }
    }

    /// Ends the connection at once; the socket is as good as new.
    func disconnect() throws {
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        guard Glibc.connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size)) == 0 else {
            throw Failure(call: "connect")
        }
    }

    func accept() throws -> LoopbackSocket {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { throw Failure(call: "accept") }
        return LoopbackSocket(adopting: accepted)
    }

    func send(_ count: Int, to port: UInt16? = nil, at address: UInt32 = localhost) throws {
        let bytes = [UInt8](repeating: 0x55, count: count)
        if let port {
            try call("sendto", port: port, at: address) {
                CInt(sendto(descriptor, bytes, count, 0, $0, $1) == count ? 0 : -1)
            }
        } else {
            guard Glibc.send(descriptor, bytes, count, 0) == count else { throw Failure(call: "send") }
        }
    }

    /// Sends `bytes` where the socket is connected to.
    func send(_ bytes: [UInt8]) throws {
        guard Glibc.send(descriptor, bytes, bytes.count, 0) == bytes.count else { throw Failure(call: "send") }
    }

    /// Reads exactly `count` bytes of a stream, or one datagram of that size.
    func receive(_ count: Int) throws {
        var bytes = [UInt8](repeating: 0, count: count)
        guard recv(descriptor, &bytes, count, CInt(MSG_WAITALL)) == count else {
            throw Failure(call: "recv")
        }
    }

    enum Side: CInt {
        case read
        case write
    }

    /// Ends one side of the connection; on a listener, `.read` ends the listening.
    func shutDown(_ side: Side) throws {
        guard shutdown(descriptor, side.rawValue) == 0 else { throw Failure(call: "shutdown") }
    }

    /// Waits for the end of what the other side sends.
    func receiveEnd() throws {
        var byte: UInt8 = 0
        guard recv(descriptor, &byte, 1, 0) == 0 else { throw Failure(call: "recv") }
    }

    private func call(
        _ name: String,
        port: UInt16,
        at host: UInt32,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host.bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(call: name) }
    }
}
