// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// What an answer lacks of one node.
public struct NodeGap: Hashable, Sendable {
    /// The cluster of the node.
    public var cluster: String
    /// Its name.
    public var node: String
    /// When the last interval that it reported ended, in seconds since 1970-01-01T00:00:00Z, if that is within the range
    /// and before its end: of the rest there is nothing.
    public var silentSince: Int64?
    /// Bytes that it reported as lost in the range, by reason, sorted; batches that never came are among them.
    public var lost: [Loss]

    /// A gap with the given parts.
    public init(cluster: String, node: String, silentSince: Int64? = nil, lost: [Loss] = []) {
        self.cluster = cluster
        self.node = node
        self.silentSince = silentSince
        self.lost = lost
    }

    /// Seconds without a report after which a node counts as silent: agents report every few seconds, and try again for a
    /// while when they are not answered.
    public static let patience: Int64 = 120
}

extension NodeGap {
    /// A sentence for people.
    func note(units: ByteUnits) -> String {
        var parts: [String] = []
        if let silentSince { parts.append("has reported nothing after \(UTCTime(secondsSinceEpoch: silentSince))") }
        for loss in lost {
            parts.append(
                "lost \(units.text(loss.counters.egressBytes)) egress, \(units.text(loss.counters.ingressBytes)) ingress: "
                    + loss.reason.printable
            )
        }
        let name = cluster.isEmpty ? node : "\(cluster)/\(node)"
        return "Node \(name.printable) " + parts.joined(separator: "; ")
    }
}
