// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// The name under which a meter should put a packet of a ``WireLab``.
public struct WireAccount: Hashable, Sendable, CustomStringConvertible {
    /// Number of the host whose socket it is.
    public var host: Int
    /// The other side's address.
    public var remote: IPAddress
    /// Port of the side that accepted; 0 where the protocol has none.
    public var servicePort: UInt16
    /// The protocol.
    public var ipProtocol: IPProtocol
    /// The side that started.
    public var initiator: Initiator

    /// An account with these parts.
    public init(
        host: Int,
        remote: IPAddress,
        servicePort: UInt16 = 0,
        ipProtocol: IPProtocol,
        initiator: Initiator = .unknown
    ) {
        self.host = host
        self.remote = remote
        self.servicePort = servicePort
        self.ipProtocol = ipProtocol
        self.initiator = initiator
    }

    /// The parts in one line.
    public var description: String {
        "host \(host), remote \(remote), port \(servicePort), protocol \(ipProtocol.rawValue), by \(initiator.name)"
    }
}

/// Counters by account.
public typealias WireAccounts = [WireAccount: FlowCounters]

extension WireLab {
    /// What crossed the wire, under the names that a meter of the hosts' sockets should give it.
    ///
    /// A host has sent what crossed the wire, and has received what arrived. What has no ports, later fragments too,
    /// is on the account of its protocol with port 0.
    public func accounts(_ reading: WireCounters.Reading) -> WireAccounts {
        var accounts: WireAccounts = [:]
        for (stream, count) in reading.crossed {
            guard let host = hosts.firstIndex(where: { $0.v4 == stream.source || $0.v6 == stream.source }) else {
                continue
            }
            let counters = FlowCounters(egressBytes: count.bytes, egressPackets: count.packets)
            accounts[stream.account(host: host, sends: true), default: .zero] += counters
        }
        for (stream, count) in reading.arrived {
            let destination = stream.destination
            guard let host = hosts.firstIndex(where: { $0.v4 == destination || $0.v6 == destination }) else { continue }
            let counters = FlowCounters(ingressBytes: count.bytes, ingressPackets: count.packets)
            accounts[stream.account(host: host, sends: false), default: .zero] += counters
        }
        return accounts.filter { !$0.value.isZero }
    }
}

extension WireCounters.Stream {
    fileprivate func account(host: Int, sends: Bool) -> WireAccount {
        let (port, starter): (UInt16, Bool?) =
            switch role {
            case .toService(let port): (port, sends)
            case .fromService(let port): (port, !sends)
            case .echoRequest: (0, sends)
            case .echoReply: (0, !sends)
            case .rest: (0, nil)
            }
        return WireAccount(
            host: host,
            remote: sends ? destination : source,
            servicePort: port,
            ipProtocol: ipProtocol,
            initiator: starter.map { $0 ? .pod : .remote } ?? .unknown
        )
    }
}
