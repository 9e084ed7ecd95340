// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// An HTTP server that gives the same answer to everybody, and remembers what it was asked.
final class CannedServer: Sendable {
    /// Where it listens.
    let url: String

    private let socket: Int32
    private let lines = Mutex<[String]>([])

    /// A server on a free port of the loopback interface.
    ///
    /// - Parameters:
    ///   - status: Status line after the version, such as `200 OK`.
    ///   - body: What every answer holds.
    ///   - length: The content length that is claimed, if it is not the body's.
    init(status: String = "200 OK", body: [UInt8], length: Int? = nil) throws {
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
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        let answer =
            Array("HTTP/1.1 \(status)\r\ncontent-length: \(length ?? body.count)\r\nconnection: close\r\n\r\n".utf8)
            + body
        Thread { [weak self] in
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else {
                    // Only here: were it closed elsewhere, this thread could accept for who gets the number next.
                    close(socket)
                    return
                }
                self?.serve(connection, answer)
            }
        }
        .start()
    }

    deinit {
        // Wakes the thread, whose accept fails from now on.
        shutdown(socket, Int32(SHUT_RDWR))
    }

    /// The first lines of the requests so far.
    var requests: [String] {
        lines.withLock { $0 }
    }

    private func serve(_ connection: Int32, _ answer: [UInt8]) {
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { break }
            request += buffer[..<count]
        }
        let line = String(decoding: request.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        lines.withLock { $0.append(line) }
        var sent = 0
        while sent < answer.count {
            let count = answer[sent...]
                .withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { break }
            sent += count
        }
        close(connection)
    }
}
