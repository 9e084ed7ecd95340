// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Ports for servers that a test starts.
public enum LoopbackPort {
    /// A TCP port of 127.0.0.1 that nobody listens on.
    ///
    /// The kernel chose it a moment ago and does not soon choose it again, so a server can take it.
    ///
    /// - Throws: ``LaunchError`` if the machine has none left.
    public static func free() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let found = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard found else { throw LaunchError("no free port: \(String(cString: strerror(errno)))") }
        return UInt16(bigEndian: address.sin_port)
    }
}
