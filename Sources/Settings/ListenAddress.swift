// SPDX-License-Identifier: Apache-2.0

import Traffic

/// A host and a TCP port to listen on, written `host:port`, with IPv6 addresses in brackets.
public struct ListenAddress: Hashable, Sendable {
    /// An IP address without brackets, or a host name.
    public let host: String
    /// The port; 0 asks the system for a free one.
    public let port: Int

    /// The address `host:port`; neither is checked.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

extension ListenAddress: LosslessStringConvertible {
    /// Parses `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`; `nil` if host or port is missing or wrong.
    public init?(_ description: String) {
        self.init(description[...])
    }

    /// Parses `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`; `nil` if host or port is missing or wrong.
    public init?(_ text: Substring) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else { return nil }
        let host = text[..<colon]
        if host.first == "[" {
            let inner = host.dropFirst().dropLast()
            guard host.last == "]", inner.contains(":"), IPAddress(inner) != nil else { return nil }
            self.init(host: String(inner), port: Int(port))
        } else {
            guard Self.isHost(host) else { return nil }
            self.init(host: String(host), port: Int(port))
        }
    }

    /// The address as `host:port`, with brackets around IPv6.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// True for an IPv4 address, or a name of letters, digits and hyphens whose last label is not a number.
    private static func isHost(_ host: Substring) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard host.utf8.count <= 253, let last = labels.last else { return false }
        if last.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return IPAddress(host)?.isIPv4 == true }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
                    default: false
                    }
                }
        }
    }
}
