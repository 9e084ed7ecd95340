// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A kept-alive connection to a server on this host; every call blocks its thread until the answer is there.
///
/// It is this small so that the client takes little of the processors that the server is measured on.
package struct HTTPConnection: Sendable {
    private let descriptor: Int32

    /// Connects to `port` of 127.0.0.1.
    package init(port: UInt16) throws(BenchmarkError) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw BenchmarkError(system: "no socket") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        let status = sockaddr_in(v4: 0x7f00_0001, port: port)
            .withSocketAddress {
                connect(descriptor, $0, $1)
            }
        guard status == 0 else {
            let error = BenchmarkError(system: "no connection to port \(port)")
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Ends the connection.
    package func close() {
        Glibc.close(descriptor)
    }

    /// Sends `request` and returns the answer.
    ///
    /// - Throws: ``BenchmarkError`` if the connection breaks or the answer is not HTTP/1.1.
    package func send(_ request: HTTPRequest) throws(BenchmarkError) -> HTTPResponse {
        var sent = 0
        while sent < request.bytes.count {
            let count = request.bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw BenchmarkError(system: "the server does not take a request") }
            sent += count
        }
        var reader = HTTPResponseReader(descriptor: descriptor)
        return try reader.response()
    }
}
