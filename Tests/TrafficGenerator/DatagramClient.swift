// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Sends UDP requests, each after the reply to the one before, so nothing is in flight at the end.
struct DatagramClient {
    var peer: SocketAddress
    /// Bytes of a request, header included.
    var request: Int
    /// Bytes of a reply, header included.
    var reply: Int
    /// Whether the sockets are connected to the peer.
    var connected: Bool

    func run(sockets: Int, requestsEach: Int) throws(GeneratorError) -> Report {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var report = Report()
        for _ in 0..<sockets {
            let socket = try Socket(family: peer.family, kind: SOCK_DGRAM)
            if connected { try socket.connect(to: peer) }
            for sequence in 0..<requestsEach {
                let header = Header(first: sequence, replyLength: reply)
                let message = header.message(length: request)
                if connected {
                    try socket.send(message, count: message.count)
                } else {
                    try socket.send(message, to: peer)
                }
                let received = try socket.receive(into: &buffer)
                guard received == reply, Header(buffer[..<received]) == header else {
                    throw .mismatch("reply \(sequence) has \(received) bytes or another header, not \(reply)")
                }
                report.exchanges += 1
                report.sentBytes += request
                report.receivedBytes += received
            }
        }
        return report
    }
}
