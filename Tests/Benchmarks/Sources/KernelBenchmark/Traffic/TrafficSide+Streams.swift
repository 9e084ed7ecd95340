// SPDX-License-Identifier: Apache-2.0
import Glibc
import Instruments

extension TrafficSide {
    /// As many bytes as the connection takes, from client to server.
    func bulk() throws(BenchmarkError) -> TrafficReport {
        var report = TrafficReport()
        var buffer = [UInt8](repeating: 0x5a, count: 131_072)
        let clock = ContinuousClock()
        if role == .client {
            let socket = try connected()
            let end = clock.now + time
            while clock.now < end { try socket.send(buffer) }
            socket.finishSending()
            // The server closes when it has everything.
            _ = try socket.receive(into: &buffer)
            return report
        }
        let socket = try accepted()
        let start = clock.now
        while case let count = try socket.receive(into: &buffer), count > 0 { report.bytes += count }
        report.seconds = (clock.now - start) / .seconds(1)
        report.count = 1
        return report
    }

    /// 64 bytes there and back again over one connection.
    func exchange() throws(BenchmarkError) -> TrafficReport {
        var report = TrafficReport()
        var message = Self.message
        let clock = ContinuousClock()
        let socket = role == .client ? try connected() : try accepted()
        socket.sendAtOnce()
        let start = clock.now
        if role == .client {
            while clock.now < start + time {
                try socket.send(message)
                guard try socket.fill(&message) else { throw BenchmarkError("the server has gone") }
            }
            return report
        }
        while try socket.fill(&message) {
            try socket.send(message)
            report.count += 1
        }
        report.seconds = (clock.now - start) / .seconds(1)
        return report
    }

    /// A connection for each exchange; the client closes first.
    func connections() throws(BenchmarkError) -> TrafficReport {
        var report = TrafficReport()
        var message = Self.message
        let clock = ContinuousClock()
        if role == .client {
            let end = clock.now + time
            // At most so many as have a port each.
            for _ in 0..<20_000 where clock.now < end { try exchangeOnce(&message) }
            message[0] = Self.last
            try exchangeOnce(&message)
            return report
        }
        let listener = try listening()
        var start: ContinuousClock.Instant?
        repeat {
            let socket = try listener.accept()
            if start == nil { start = clock.now }
            guard try socket.fill(&message) else { throw BenchmarkError("the client has gone") }
            try socket.send(message)
            report.count += 1
        } while message[0] != Self.last
        report.seconds = start.map { (clock.now - $0) / .seconds(1) } ?? 0
        return report
    }

    /// The first byte of the last message.
    private static var last: UInt8 { 1 }
    private static var message: [UInt8] { [UInt8](repeating: 0, count: 64) }

    private func exchangeOnce(_ message: inout [UInt8]) throws(BenchmarkError) {
        let socket = try connected()
        try socket.send(message)
        guard try socket.fill(&message) else { throw BenchmarkError("the server has gone") }
    }

    private func connected() throws(BenchmarkError) -> TrafficSocket {
        let socket = try TrafficSocket(SOCK_STREAM)
        try socket.connect(to: far)
        return socket
    }

    private func listening() throws(BenchmarkError) -> TrafficSocket {
        let listener = try TrafficSocket(SOCK_STREAM)
        try listener.bind(to: near)
        try listener.listen()
        announce()
        return listener
    }

    private func accepted() throws(BenchmarkError) -> TrafficSocket {
        try listening().accept()
    }
}
