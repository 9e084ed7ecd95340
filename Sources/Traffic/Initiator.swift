// SPDX-License-Identifier: Apache-2.0

/// Which side started a flow: opened the TCP connection, or sent the first datagram.
public enum Initiator: UInt8, Hashable, Sendable, CaseIterable {
    /// Not known, for instance because the socket was open before the meter was.
    case unknown = 0
    /// The metered side (the pod, or the unit on a plain host).
    case pod = 1
    /// The other side.
    case remote = 2

    /// The name used in the API, in CSV and in the ledger.
    public var name: String {
        switch self {
        case .unknown: "unknown"
        case .pod: "pod"
        case .remote: "remote"
        }
    }

    /// The initiator that `name` stands for, or `nil`.
    public init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }
}
