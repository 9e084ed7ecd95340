// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

/// Who opened a TCP connection that is older than the meter.
@Suite(.serialized, .whereMeteringWorks) struct OlderConnectionTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// Whether the listener is still there, and whether bytes have flowed before, must make no difference.
    @Test(arguments: [true, false])
    func theOpenerOfAnOlderConnectionIsKnown(listening: Bool) async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        for before in [0, 1, 100_000] { try await expectTheOpener(lab, listening: listening, before: before) }
    }

    private func expectTheOpener(_ lab: WireLab, listening: Bool, before: Int) async throws {
        var connections: [(client: LabSocket, server: LabSocket)] = []
        var listeners: [LabSocket] = []
        for (number, form) in TrafficExchange.Form.allCases.enumerated() {
            for replies in [0, 1] {
                let listener = try lab.listener(form, port: UInt16(5000 + 2 * number + replies))
                let connection = try lab.connection(form, listener)
                try connection.client.exchange(before, with: connection.server, reply: replies * before)
                connections.append(connection)
                if listening { listeners.append(listener) } else { listener.close() }
            }
        }
        try await waitUntil("the connections are quiet") {
            try connections.allSatisfy { try $0.client.isQuiet($0.server) }
        }
        let metering = try Metering(lab)
        for (number, connection) in connections.enumerated() {
            // While one end sends, what it receives tells nothing.
            try connection.client.exchange(1000, with: connection.server, reply: 0)
            let endings: [WireLab.Ending] = [.clientFirst, .serverFirst, .halfClosed, .clientResets, .serverResets]
            let ending = endings[number % endings.count]
            try lab.finish(connection, count: 1, reply: 2000, ending)
        }
        try await metering.expectTheWire("older connections, \(before) bytes before, listener there: \(listening)")
        for listener in listeners { listener.close() }
    }
}
