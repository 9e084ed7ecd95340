// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport

/// A TCP connection that says exactly what a test wants it to say.
final class RawClient {
    private let socket: Int32

    /// Connects to `port` on 127.0.0.1; throws if that fails.
    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw LaunchError("no socket: \(String(cString: strerror(errno)))") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            let reason = String(cString: strerror(errno))
            close(socket)
            throw LaunchError("cannot connect: \(reason)")
        }
        // A server that never closes must fail the test, not hang it.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(socket)
    }

    /// Sends `text`; false if the server has closed.
    @discardableResult
    func send(_ text: String) -> Bool {
        send(Array(text.utf8))
    }

    /// Sends `bytes`; false if the server has closed.
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...]
                .withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Reads until `text` has come; what came, as text.
    ///
    /// - Throws: If the server closes before.
    func read(until text: String) throws -> String {
        var received = ""
        while !received.contains(text) {
            guard let piece = try read() else { throw LaunchError("closed after: \(received)") }
            received += piece
        }
        return received
    }

    /// Reads until the server closes; what came, as text.
    func readToEnd() throws -> String {
        var received = ""
        while let piece = try read() { received += piece }
        return received
    }

    private func read() throws -> String? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.recv(socket, &buffer, buffer.count, 0)
        // A reset is an end, too.
        if count == 0 || count < 0 && errno == ECONNRESET { return nil }
        guard count > 0 else { throw LaunchError("the server keeps the connection open") }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
