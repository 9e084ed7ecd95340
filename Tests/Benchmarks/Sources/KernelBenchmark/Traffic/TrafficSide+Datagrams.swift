// SPDX-License-Identifier: Apache-2.0
import Glibc
import Instruments

extension TrafficSide {
    /// As many datagrams of 64 bytes as go, from client to server; what arrives is counted.
    func datagrams() throws(BenchmarkError) -> TrafficReport {
        let isConnected = traffic == .udpConnected
        let socket = try TrafficSocket(SOCK_DGRAM)
        try socket.bind(to: near)
        if isConnected { try socket.connect(to: far) }
        let clock = ContinuousClock()
        var report = TrafficReport()
        var message = [UInt8](repeating: 0, count: 64)
        if role == .client {
            let end = clock.now + time
            while clock.now < end {
                // The clock is looked at now and then, so that it is not what is measured.
                for _ in 0..<64 { try socket.sendDatagram(message, to: isConnected ? nil : far) }
                report.count += 64
            }
            return report
        }
        announce()
        socket.limitWait(milliseconds: 5000)
        guard try socket.receive(into: &message) > 0 else { throw BenchmarkError("no datagram arrived") }
        // After a pause as long as this the client is done.
        socket.limitWait(milliseconds: 150)
        let start = clock.now
        var last = start
        while try socket.receive(into: &message) > 0 {
            report.count += 1
            if report.count.isMultiple(of: 64) { last = clock.now }
        }
        report.bytes = report.count * message.count
        report.seconds = (last - start) / .seconds(1)
        return report
    }
}
