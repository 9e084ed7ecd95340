// SPDX-License-Identifier: Apache-2.0
import Glibc
public import Traffic

/// An address and a port, as sockets of either family take it.
public struct Endpoint: Hashable, Sendable {
    /// The address; an IPv6 socket takes an IPv4 one in its mapped form.
    public var address: IPAddress
    /// The port; 0 lets the kernel choose, and stands for none where a protocol has no ports.
    public var port: UInt16

    /// `port` at `address`.
    public init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    /// The kernel's form of it for a socket of `family`, `AF_INET` or `AF_INET6`.
    func withPointer<Result>(family: Int32, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        let length: Int
        if family == AF_INET {
            var v4 = sockaddr_in()
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            v4.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.bits).bigEndian
            length = MemoryLayout<sockaddr_in>.size
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v4, as: sockaddr_in.self) }
        } else {
            var v6 = sockaddr_in6()
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &v6.sin6_addr) { $0.storeBytes(of: address.bits.bigEndian, as: UInt128.self) }
            length = MemoryLayout<sockaddr_in6>.size
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v6, as: sockaddr_in6.self) }
        }
        return withUnsafePointer(to: storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }

    /// What the kernel filled in while `body` ran, and what `body` returned.
    static func filled(
        by body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int
    ) -> (endpoint: Endpoint, result: Int) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
        }
        return withUnsafeBytes(of: storage) { bytes in
            if Int32(storage.ss_family) == AF_INET {
                let v4 = bytes.load(as: sockaddr_in.self)
                let address = IPAddress(v4: UInt32(bigEndian: v4.sin_addr.s_addr))
                return (Endpoint(address, UInt16(bigEndian: v4.sin_port)), result)
            }
            let v6 = bytes.load(as: sockaddr_in6.self)
            let bits = withUnsafeBytes(of: v6.sin6_addr) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
            return (Endpoint(IPAddress(bits: bits), UInt16(bigEndian: v6.sin6_port)), result)
        }
    }
}
