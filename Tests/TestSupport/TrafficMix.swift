// SPDX-License-Identifier: Apache-2.0

/// Mixes of traffic for a ``TrafficLab``.
public enum TrafficMix {
    /// Every kind of traffic in both roles: TCP and UDP, bulk and many short, each form of address, connected or not.
    ///
    /// - Parameter random: Chooses the sizes.
    public static func everything(_ random: inout SeededRandom) -> [TrafficLab.Leg] {
        var legs: [TrafficLab.Leg] = []
        for (client, server) in [(0, 1), (1, 0)] {
            for form in TrafficExchange.Form.allCases {
                let bulk = TrafficExchange.Transport.tcp(
                    connections: 1,
                    chunk: .random(in: 1000...200_000, using: &random)
                )
                let short = TrafficExchange.Transport.tcp(connections: .random(in: 5...30, using: &random), chunk: 4096)
                let connected = TrafficExchange.Transport.udp(
                    sockets: .random(in: 1...5, using: &random),
                    requests: .random(in: 1...20, using: &random),
                    connected: true
                )
                let unconnected = TrafficExchange.Transport.udp(
                    sockets: .random(in: 1...5, using: &random),
                    requests: .random(in: 1...20, using: &random),
                    connected: false
                )
                for (transport, sizes) in [
                    (bulk, 16...2_000_000), (short, 16...5000), (connected, 16...1400), (unconnected, 16...1400),
                ] {
                    let exchange = TrafficExchange(
                        transport,
                        form,
                        port: UInt16(6000 + legs.count),
                        requestBytes: .random(in: sizes, using: &random),
                        replyBytes: .random(in: sizes, using: &random)
                    )
                    legs.append(.init(exchange, client: client, server: server))
                }
            }
        }
        return legs
    }
}
