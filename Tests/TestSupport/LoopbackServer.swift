// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A listening socket of the loopback interface, whose connections a test answers byte by byte.
///
/// For answers that no proper server gives: too short, too long, never. One connection is served after the other.
public final class LoopbackServer: Sendable {
    /// A connection that a client made.
    public struct Connection: Sendable {
        private let descriptor: Int32

        init(_ descriptor: Int32) {
            self.descriptor = descriptor
        }

        /// What the client sent up to the empty line that ends the head of a request, or up to its end.
        public func readHead() -> String {
            var request: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { break }
                request += buffer[..<count]
            }
            return String(decoding: request, as: UTF8.self)
        }

        /// Answers with a status line, `connection: close`, `headers` and `body`.
        public func answer(_ status: String, _ headers: [String], _ body: [UInt8]) {
            let lines = ["HTTP/1.1 \(status)", "connection: close"] + headers
            _ = send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
        }

        /// Sends all of `bytes`; false if the client has gone.
        public func send(_ bytes: [UInt8]) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...]
                    .withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }

        /// Ends it; whoever serves a connection must.
        public func close() {
            Glibc.close(descriptor)
        }
    }

    /// The port that the kernel chose.
    public let port: UInt16

    private let socket: Int32

    /// Listens, and passes every connection to `serve`.
    ///
    /// - Throws: `POSIXError` if there is no port to be had.
    public init(_ serve: @escaping @Sendable (Connection) -> Void) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(socket, pointer, size) == 0 && listen(socket, 16) == 0 && getsockname(socket, pointer, &size) == 0
            }
        }
        guard bound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        self.socket = socket
        port = UInt16(bigEndian: address.sin_port)
        Thread {
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else {
                    // Only here: were it closed elsewhere, this thread could accept for who gets the number next.
                    close(socket)
                    return
                }
                serve(Connection(connection))
            }
        }
        .start()
    }

    deinit {
        // Wakes the thread, whose accept fails from now on.
        shutdown(socket, Int32(SHUT_RDWR))
    }
}
