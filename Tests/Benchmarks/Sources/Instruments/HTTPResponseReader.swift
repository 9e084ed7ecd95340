// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Reads one answer from a connection.
struct HTTPResponseReader {
    private static let chunk = 1 << 18

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// Bytes at the start of ``buffer`` that were used.
    private var used = 0

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The answer that comes next.
    mutating func response() throws(BenchmarkError) -> HTTPResponse {
        let words = try line().split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw BenchmarkError("the server's answer is not HTTP/1.1")
        }
        var length: Int?
        var isChunked = false
        var retryAfter: Double?
        while true {
            let header = try line().lowercased()
            if header.isEmpty { break }
            let value = header.drop { $0 != ":" }.dropFirst().drop { $0 == " " }
            if header.hasPrefix("content-length:") { length = Int(value) }
            if header.hasPrefix("transfer-encoding:") { isChunked = value == "chunked" }
            if header.hasPrefix("retry-after:") { retryAfter = Double(value) }
        }
        var body: [UInt8] = []
        if isChunked {
            while let size = Int(try line(), radix: 16), size > 0 {
                try take(size, into: &body)
                _ = try line()
            }
            _ = try line()
        } else if let length {
            body.reserveCapacity(length)
            try take(length, into: &body)
        } else {
            throw BenchmarkError("the server's answer has no length")
        }
        return HTTPResponse(status: status, body: body, retryAfter: retryAfter)
    }

    /// The next line without its end.
    private mutating func line() throws(BenchmarkError) -> String {
        while true {
            if let end = buffer[used...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[used..<end]
                used = end + 1
                return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            }
            try fill()
        }
    }

    /// Appends the next `count` bytes to `body`.
    private mutating func take(_ count: Int, into body: inout [UInt8]) throws(BenchmarkError) {
        var missing = count
        while missing > 0 {
            if used == buffer.count { try fill() }
            let part = min(missing, buffer.count - used)
            body.append(contentsOf: buffer[used..<used + part])
            used += part
            missing -= part
        }
    }

    private mutating func fill() throws(BenchmarkError) {
        if used == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            used = 0
        }
        var received = 0
        let descriptor = descriptor
        buffer += [UInt8](unsafeUninitializedCapacity: Self.chunk) { target, count in
            repeat {
                received = recv(descriptor, target.baseAddress, target.count, 0)
            } while received < 0 && errno == EINTR
            count = max(0, received)
        }
        guard received >= 0 else { throw BenchmarkError(system: "the connection broke") }
        guard received > 0 else { throw BenchmarkError("the server closed the connection") }
    }
}
