// SPDX-License-Identifier: Apache-2.0
import Glibc
public import Traffic

/// Which backend stands behind each connection to a service, as the kernel's connection tracking translated it.
///
/// The kernel tells of each connection when its first packet passes, before its bytes can be drained; so a connection
/// that has come and gone between two drains is known too. What ends is kept for some rounds, since its last bytes are
/// drained after it.
///
/// An address that the host holds itself needs no translation: a cache for names on each node listens on the address of
/// the cluster's service for names, and what goes there is not tracked.
///
/// One thread uses it at a time.
public final class ServiceBackends {
    /// Connections that could not be kept, because ``capacity`` were.
    public private(set) var refused: UInt64 = 0
    /// Times that the kernel had more to tell than its buffer holds: what was missed is listed, unless it has ended.
    public private(set) var overruns: UInt64 = 0

    /// Connections to services that are kept at most.
    public let capacity: Int

    /// Who answers a connection to a service's address.
    public enum Answer: Hashable, Sendable {
        /// The endpoint that the node translated the address to.
        case backend(SocketEnd)
        /// Something on this host, which holds the address.
        case host
        /// Nobody knows.
        case unknown
    }

    private let services: [CIDR]
    private var host: HostAddresses
    private var held: Set<IPAddress> = []
    private var socket: ConntrackSocket
    private var known: [Connection: Entry] = [:]
    private var round: UInt64 = 0
    private var ended: [(connection: Connection, round: UInt64)] = []

    private struct Entry {
        var backend: SocketEnd
        var isOver = false
    }

    /// Rounds for which a connection is kept that is tracked no longer.
    private static let afterlife: UInt64 = 4
    /// Room for what the kernel tells between two rounds; a connection takes about 2 KB of it.
    private static let buffer: CInt = 32 << 20

    /// Begins to watch the network namespace of the calling thread.
    ///
    /// - Parameters:
    ///   - services: Addresses of services; all other connections are passed over.
    ///   - capacity: Connections that are kept at most.
    /// - Throws: ``ConntrackError`` if the kernel does not tell.
    public init(services: [CIDR], capacity: Int = 262_144) throws(ConntrackError) {
        self.services = services
        self.capacity = capacity
        host = try HostAddresses()
        socket = try ConntrackSocket()
        socket.setBuffer(Self.buffer)
        try socket.subscribe()
        try list()
        held = try host.read()
    }

    /// Takes up what the kernel has told since the last round.
    ///
    /// - Throws: ``ConntrackError`` if it cannot be read.
    public func update() throws(ConntrackError) {
        round += 1
        forget()
        held = try host.read()
        reading: while true {
            switch try socket.read() {
            case .parts(let parts): take(parts)
            case .empty: break reading
            case .overrun:
                overruns += 1
                try list()
            }
        }
    }

    /// Who answers `connection`.
    public func answer(to connection: Connection) -> Answer {
        if let backend = known[connection]?.backend { return .backend(backend) }
        return held.contains(connection.destination.address) ? .host : .unknown
    }

    /// Connections that are kept.
    public var count: Int {
        known.count
    }

    /// Takes up the connections that there are.
    private func list() throws(ConntrackError) {
        var listing = try ConntrackSocket()
        try listing.requestListing()
        while true {
            guard case .parts(let parts) = try listing.read(waits: true) else { continue }
            take(parts)
            for part in parts {
                switch part {
                case .done: return
                case .refused(let code) where code != 0:
                    throw ConntrackError(
                        "Connections cannot be listed: \(String(cString: strerror(code))). It needs CAP_NET_ADMIN."
                    )
                case .refused, .message: break
                }
            }
        }
    }

    private func take(_ parts: [ConntrackMessage.Part]) {
        for case .message(let message) in parts {
            guard message.answering != message.original.destination else { continue }
            guard services.contains(where: { $0.contains(message.original.destination.address) }) else { continue }
            if message.isEnd {
                guard known[message.original] != nil else { continue }
                known[message.original]?.isOver = true
                ended.append((message.original, round))
            } else if known[message.original] != nil || known.count < capacity {
                known[message.original] = Entry(backend: message.answering)
            } else {
                refused += 1
            }
        }
    }

    /// Drops what ended long enough ago, unless the same ports were used again.
    private func forget() {
        let old = ended.prefix { round - $0.round > Self.afterlife }
        for (connection, _) in old where known[connection]?.isOver == true { known[connection] = nil }
        ended.removeFirst(old.count)
    }
}
