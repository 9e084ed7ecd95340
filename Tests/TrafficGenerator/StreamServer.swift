// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Accepts TCP connections one after the other; reads each to its end, then sends the reply it asked for.
struct StreamServer {
    var address: SocketAddress

    func serve(connections: Int) throws(GeneratorError) -> Report {
        let listener = try Socket(family: address.family, kind: SOCK_STREAM)
        try listener.bind(to: address)
        try listener.listen()
        print("ready")
        fflush(nil)
        var report = Report()
        for _ in 0..<connections {
            let socket = try listener.accept()
            let (received, sent) = try answer(on: socket)
            report.exchanges += 1
            report.receivedBytes += received
            report.sentBytes += sent
        }
        return report
    }

    private func answer(on socket: borrowing Socket) throws(GeneratorError) -> (received: Int, sent: Int) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var opening: [UInt8] = []
        var received = 0
        while case let count = try socket.receive(into: &buffer), count > 0 {
            received += count
            opening += buffer[..<min(count, Header.size - opening.count)]
        }
        guard let header = Header(opening) else { throw .mismatch("a request ended after \(received) bytes") }
        guard received == Int(header.first) else {
            throw .mismatch("a request has \(received) bytes, not \(header.first)")
        }
        let reply = Int(header.replyLength)
        let filler = [UInt8](repeating: 0xa5, count: min(reply, 65_536))
        var left = reply
        while left > 0 {
            let count = min(left, filler.count)
            try socket.send(filler, count: count)
            left -= count
        }
        return (received, reply)
    }
}
