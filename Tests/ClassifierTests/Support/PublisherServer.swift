// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// An HTTP server of one document, which behaves as well or as badly as the test says.
final class PublisherServer: Sendable {
    /// What it does with a request.
    enum Behaviour: Sendable {
        /// Gives the document, or says that it is unchanged to who has it.
        case publish([UInt8], entityTag: String)
        /// Gives the document and forgets what it is asked about.
        case forget([UInt8])
        /// Answers with a status and nothing else.
        case fail(Int)
        /// Breaks off in the middle of the document.
        case cut([UInt8])
        /// Sends for as long as somebody listens.
        case endless
        /// Sends one byte and then nothing.
        case stall
    }

    /// Where it listens.
    let url: String

    private let socket: Int32
    private let state: Mutex<(behaviour: Behaviour, requests: [String], stalled: [Int32])>

    /// A server on a free port of the loopback interface.
    init(_ behaviour: Behaviour) throws {
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
        state = Mutex((behaviour, [], []))
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/list.json"
        Thread { [weak self] in
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else {
                    // Only here: were it closed elsewhere, this thread could accept for who gets the number next.
                    close(socket)
                    return
                }
                self?.serve(connection)
            }
        }
        .start()
    }

    deinit {
        // Wakes the thread, whose accept fails from now on.
        shutdown(socket, Int32(SHUT_RDWR))
        for connection in state.withLock({ $0.stalled }) { close(connection) }
    }

    /// What it does from now on.
    func behave(_ behaviour: Behaviour) {
        state.withLock { $0.behaviour = behaviour }
    }

    /// The heads of the requests so far, in lower case.
    var requests: [String] {
        state.withLock { $0.requests }
    }

    private func serve(_ connection: Int32) {
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { break }
            request += buffer[..<count]
        }
        let head = String(decoding: request, as: UTF8.self).lowercased()
        let behaviour = state.withLock { state in
            state.requests.append(head)
            return state.behaviour
        }
        switch behaviour {
        case .publish(let document, let entityTag):
            if head.contains("if-none-match: \(entityTag)\r\n".lowercased()) {
                answer(connection, "304 Not Modified", ["etag: \(entityTag)"], [])
            } else {
                answer(connection, "200 OK", ["etag: \(entityTag)", "content-length: \(document.count)"], document)
            }
        case .forget(let document): answer(connection, "200 OK", ["content-length: \(document.count)"], document)
        case .fail(let status): answer(connection, "\(status) Status", ["content-length: 0"], [])
        case .cut(let document): answer(connection, "200 OK", ["content-length: \(document.count * 2)"], document)
        case .endless:
            answer(connection, "200 OK", [], [])
            while send(connection, [UInt8](repeating: 0x20, count: 65_536)) {}
        case .stall:
            answer(connection, "200 OK", ["content-length: 1000"], [0x20])
            state.withLock { $0.stalled.append(connection) }
            return
        }
        close(connection)
    }

    private func answer(_ connection: Int32, _ status: String, _ headers: [String], _ body: [UInt8]) {
        let lines = ["HTTP/1.1 \(status)", "connection: close"] + headers
        _ = send(connection, Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
    }

    private func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...]
                .withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
