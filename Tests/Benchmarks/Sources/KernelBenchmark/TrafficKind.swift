// SPDX-License-Identifier: Apache-2.0

/// Traffic between the two hosts, over IPv4.
enum TrafficKind: String, Sendable, CaseIterable {
    /// One TCP connection, as fast as it goes; the sender cuts its super-packets before the link, so the receiver
    /// gets 1,500 bytes at a time.
    case tcpBulk = "tcp-bulk"
    /// The same with all offloads: super-packets cross the link whole.
    case tcpSuper = "tcp-super"
    /// One TCP connection, 64 bytes there and back again, one at a time.
    case tcpExchange = "tcp-exchange"
    /// TCP connections one after the other, each for one such exchange.
    case tcpConnect = "tcp-connect"
    /// Datagrams of 64 bytes between two connected sockets, as fast as they go.
    case udpConnected = "udp-connected"
    /// The same between two sockets that are not connected.
    case udpUnconnected = "udp-unconnected"

    /// What it is, in a few words.
    var title: String {
        switch self {
        case .tcpBulk: "TCP bulk, 1,500 B on the link"
        case .tcpSuper: "TCP bulk, super-packets on the link"
        case .tcpExchange: "TCP request and response"
        case .tcpConnect: "TCP connect, request, response, close"
        case .udpConnected: "UDP 64 B, connected"
        case .udpUnconnected: "UDP 64 B, unconnected"
        }
    }

    /// True if data goes from client to server only, so that each side has one hook that is of interest.
    var isOneWay: Bool {
        switch self {
        case .tcpBulk, .tcpSuper, .udpConnected, .udpUnconnected: true
        case .tcpExchange, .tcpConnect: false
        }
    }

    /// True if the link is to take super-packets whole.
    var usesOffloads: Bool { self == .tcpSuper }
}
