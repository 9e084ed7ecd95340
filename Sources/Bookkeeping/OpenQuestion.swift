// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// What has to be asked of the cluster about a peer, kept with bytes that wait for their pod.
///
/// While the cluster does not answer, neither the owner of bytes nor their peer is known. The series under which they wait
/// keeps this as the peer's workload, `10.0.0.7:443/tcp`, so that it can be asked when the owner is known; then the bytes
/// move to a series that has the answer.
struct OpenQuestion: Hashable {
    /// The peer's address.
    var remote: IPAddress
    /// The port at the peer, if the peer accepted.
    var port: ClusterService.Port?

    /// The question about `remote`.
    init(remote: IPAddress, port: ClusterService.Port?) {
        self.remote = remote
        self.port = port
    }

    /// The question that `text` asks; `nil` if it is none.
    init?(_ text: String) {
        guard let slash = text.lastIndex(of: "/") else {
            guard let remote = IPAddress(text) else { return nil }
            self.init(remote: remote, port: nil)
            return
        }
        let end = text[..<slash]
        guard
            let colon = end.lastIndex(of: ":"), let port = UInt16(end[end.index(after: colon)...]),
            let number = UInt8(text[text.index(after: slash)...]),
            let remote = IPAddress(end[..<colon].trimming("[", "]"))
        else { return nil }
        self.init(remote: remote, port: .init(IPProtocol(rawValue: number), port))
    }

    /// The question in words that people understand: the address, its port and the number of the protocol.
    var text: String {
        guard let port else { return "\(remote)" }
        let address = remote.isIPv4 ? "\(remote)" : "[\(remote)]"
        return "\(address):\(port.number)/\(port.ipProtocol.rawValue)"
    }
}

extension Substring {
    fileprivate func trimming(_ first: Character, _ last: Character) -> Substring {
        self.first == first && self.last == last ? dropFirst().dropLast() : self
    }
}
