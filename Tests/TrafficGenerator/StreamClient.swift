// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Opens TCP connections one after the other, sends a request on each and reads the reply to its end.
///
/// The client says that it has finished (`shutdown`), and closes only after the server's FIN has arrived. So
/// both ends keep a full socket until the last packet: a socket that is closed before the peer's FIN becomes
/// a TIME_WAIT mini-socket, whose packets a cgroup never sees.
struct StreamClient {
    var peer: SocketAddress
    /// Bytes of a request, header included.
    var request: Int
    /// Bytes of a reply.
    var reply: Int
    /// The most bytes given to the kernel in one call.
    var chunk: Int

    func run(connections: Int) throws(GeneratorError) -> Report {
        let opening = Header(first: request, replyLength: reply).message(length: max(chunk, Header.size))
        let filler = [UInt8](repeating: 0x5a, count: chunk)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var report = Report()
        for _ in 0..<connections {
            let socket = try Socket(family: peer.family, kind: SOCK_STREAM)
            try socket.connect(to: peer)
            var left = request
            let first = min(left, opening.count)
            try socket.send(opening, count: first)
            left -= first
            while left > 0 {
                let count = min(left, chunk)
                try socket.send(filler, count: count)
                left -= count
            }
            try socket.finishSending()
            let received = try socket.drain(into: &buffer)
            guard received == reply else { throw .mismatch("the reply has \(received) bytes, not \(reply)") }
            report.exchanges += 1
            report.sentBytes += request
            report.receivedBytes += received
        }
        return report
    }
}
