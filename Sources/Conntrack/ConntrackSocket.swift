// SPDX-License-Identifier: Apache-2.0
import CNetwork
import Glibc

/// A netlink socket to the connection tracking of the network namespace that this thread was in when it was made.
struct ConntrackSocket: ~Copyable {
    private let descriptor: CInt
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// What a read came to.
    enum Reading {
        case parts([ConntrackMessage.Part])
        /// Nothing waits.
        case empty
        /// The kernel had more to say than fits its buffer, and dropped some.
        case overrun
    }

    /// A socket that takes part in nothing yet.
    ///
    /// - Throws: ``ConntrackError`` if the kernel has no netlink for packet filters.
    init() throws(ConntrackError) {
        descriptor = socket(AF_NETLINK, CInt(SOCK_RAW.rawValue) | CInt(SOCK_CLOEXEC.rawValue), NETLINK_NETFILTER)
        guard descriptor >= 0 else {
            throw ConntrackError(
                "The kernel's connection tracking cannot be asked: \(String(cString: strerror(errno))). "
                    + "It needs the module nfnetlink; without --service-cidr the agent does without."
            )
        }
    }

    deinit {
        close(descriptor)
    }

    /// Lets the kernel keep messages of up to `bytes`, its own bookkeeping included, until they are read.
    func setBuffer(_ bytes: CInt) {
        var size = bytes
        // Without CAP_NET_ADMIN the system's limit holds, and overruns are counted.
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Asks for every connection that begins and ends from now on.
    ///
    /// - Throws: ``ConntrackError`` if the kernel does not allow it.
    func subscribe() throws(ConntrackError) {
        // Without a number of its own the kernel takes the socket for itself, and tells it nothing.
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        let bound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else {
            throw ConntrackError("The kernel does not tell of connections: \(String(cString: strerror(errno))).")
        }
        for group in [NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_DESTROY] {
            var number = group.rawValue
            let status = setsockopt(descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &number, 4)
            guard status == 0 else {
                throw ConntrackError(
                    "The kernel does not tell of new connections: \(String(cString: strerror(errno))). "
                        + "It needs the module nf_conntrack_netlink and CAP_NET_ADMIN."
                )
            }
        }
    }

    /// Asks for all connections that there are.
    func requestListing() throws(ConntrackError) {
        let request = ConntrackMessage.listing
        guard send(descriptor, request, request.count, 0) == request.count else {
            throw ConntrackError("Connections cannot be listed: \(String(cString: strerror(errno))).")
        }
    }

    /// The next datagram of the kernel's, if one is there; `waits` up to two seconds for it.
    mutating func read(waits: Bool = false) throws(ConntrackError) -> Reading {
        if waits {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 2_000) > 0 else { throw ConntrackError("Connections were not listed in time.") }
        }
        while true {
            let count = recv(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT))
            if count >= 0 {
                return .parts(
                    buffer.withUnsafeBytes {
                        ConntrackMessage.parts(of: UnsafeRawBufferPointer(rebasing: $0[..<count]))
                    }
                )
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .empty
            case ENOBUFS: return .overrun
            default: throw ConntrackError("Connection tracking cannot be read: \(String(cString: strerror(errno))).")
            }
        }
    }
}
