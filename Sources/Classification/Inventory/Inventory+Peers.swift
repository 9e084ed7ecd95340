// SPDX-License-Identifier: Apache-2.0

import HashTreeCollections
public import Traffic

extension Inventory {
    /// How long two pods may claim one address before that is more than late word of an end; in nanoseconds, 1 minute.
    static let toleratedOverlap: Int64 = 60 * 1_000_000_000

    /// Who had the address `remote` during `interval`; `nil` if nobody in the cluster did.
    ///
    /// - Parameters:
    ///   - port: the port at the peer, if the peer is the side that accepted; else `nil`.
    ///   - interval: when the bytes were counted.
    ///   - vantage: the node that counted them, with its own place.
    public func peer(
        at remote: IPAddress,
        port: ClusterService.Port?,
        during interval: Interval,
        from vantage: Vantage
    ) -> ClusterPeer? {
        var finder = PeerFinder(self, during: interval, from: vantage)
        return finder.find(remote, port: port).number.map { finder.peers[$0] }
    }

    /// The UID of the pod that had `address` during `interval`; `nil` if no pod did.
    public func uidOfPod(at address: IPAddress, during interval: Interval) -> String? {
        guard case .pod(let uid)? = claims[address]?.holder(during: interval)?.holder else { return nil }
        return uid
    }

    /// The name of the node that had `address` during `interval`; `nil` if no node did.
    public func node(at address: IPAddress, during interval: Interval) -> String? {
        guard case .node(let name)? = claims[address]?.holder(during: interval)?.holder else { return nil }
        return name
    }
}
