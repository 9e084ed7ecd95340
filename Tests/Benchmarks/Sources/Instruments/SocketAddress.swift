// SPDX-License-Identifier: Apache-2.0
package import Glibc

extension sockaddr_in {
    /// An IPv4 address, by its number with the most significant byte first, and a port.
    package init(v4 address: UInt32, port: UInt16) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = port.bigEndian
        sin_addr = in_addr(s_addr: address.bigEndian)
    }

    /// Calls `body` with the address as the C library wants it.
    package func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: self) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
