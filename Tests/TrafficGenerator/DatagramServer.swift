// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Answers UDP requests from one unconnected socket, each with as many bytes as it asked for.
struct DatagramServer {
    var address: SocketAddress

    func serve(requests: Int) throws(GeneratorError) -> Report {
        let socket = try Socket(family: address.family, kind: SOCK_DGRAM)
        try socket.bind(to: address)
        print("ready")
        fflush(nil)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var report = Report()
        for _ in 0..<requests {
            let (received, peer) = try socket.receiveDatagram(into: &buffer)
            guard let header = Header(buffer[..<received]), header.replyLength <= 65_507 else {
                throw .mismatch("a request of \(received) bytes has no usable header")
            }
            let message = header.message(length: Int(header.replyLength))
            try socket.send(message, to: peer)
            report.exchanges += 1
            report.receivedBytes += received
            report.sentBytes += message.count
        }
        return report
    }
}
