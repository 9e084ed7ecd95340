// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TestSupport

/// An HTTP server that gives the same answer to everybody, and remembers what it was asked.
final class CannedServer: Sendable {
    /// Where it listens.
    let url: String

    private let server: LoopbackServer
    private let lines: Lines

    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    /// A server on a free port of the loopback interface.
    ///
    /// - Parameters:
    ///   - status: Status line after the version, such as `200 OK`.
    ///   - body: What every answer holds.
    ///   - length: The content length that is claimed, if it is not the body's.
    ///   - fields: Further lines of the header.
    init(status: String = "200 OK", body: [UInt8], length: Int? = nil, fields: [String] = []) throws {
        let lines = Lines()
        self.lines = lines
        server = try LoopbackServer { connection in
            let head = connection.readHead()
            lines.all.withLock { $0.append(String(head.prefix { $0 != "\r\n" })) }
            connection.answer(status, ["content-length: \(length ?? body.count)"] + fields, body)
            connection.close()
        }
        url = "http://127.0.0.1:\(server.port)"
    }

    /// The first lines of the requests so far.
    var requests: [String] {
        lines.all.withLock { $0 }
    }
}
