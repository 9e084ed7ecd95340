// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments

/// One end of the traffic, as a process of its own inside a namespace and a cgroup.
///
/// It ends by itself: the client after the time it was given, the server when the client is done, and both after 15
/// seconds whatever happens.
struct TrafficSide {
    /// Which end it is.
    enum Role: String {
        /// The end that starts.
        case client
        /// The end that waits.
        case server
    }

    /// The first argument that turns this program into an end of traffic.
    static let command = "traffic"

    /// Which end it is.
    let role: Role
    /// What is exchanged.
    let traffic: TrafficKind
    /// This end's address; the client's port is the one after the server's.
    let near: sockaddr_in
    /// The other end's address.
    let far: sockaddr_in
    /// How long the client is to go on.
    let time: Duration

    /// Does what the arguments say: role, traffic, own address, the other's, the server's port, milliseconds.
    static func run(_ arguments: [String]) throws {
        guard
            arguments.count == 6, let role = Role(rawValue: arguments[0]),
            let traffic = TrafficKind(rawValue: arguments[1]), let port = UInt16(arguments[4]),
            let time = Int(arguments[5]),
            let near = sockaddr_in(arguments[2], port: role == .server ? port : port + 1),
            let far = sockaddr_in(arguments[3], port: role == .server ? port + 1 : port)
        else { throw BenchmarkError("\(command) does not understand \(arguments)") }
        alarm(15)
        let side = TrafficSide(role: role, traffic: traffic, near: near, far: far, time: .milliseconds(time))
        let report =
            switch traffic {
            case .tcpBulk, .tcpSuper: try side.bulk()
            case .tcpExchange: try side.exchange()
            case .tcpConnect: try side.connections()
            case .udpConnected, .udpUnconnected: try side.datagrams()
            }
        print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
    }

    /// Tells the parent that the client can come.
    func announce() {
        print("ready")
        fflush(nil)
    }
}

extension sockaddr_in {
    /// An address in dotted form with a port.
    fileprivate init?(_ text: String, port: UInt16) {
        self.init(v4: 0, port: port)
        guard inet_pton(AF_INET, text, &sin_addr) == 1 else { return nil }
    }
}
