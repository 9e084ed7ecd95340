// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Traffic

/// When which of an inventory's objects changed last.
///
/// Objects share marks, so that the table stays small: 128 KiB are copied at most once for each state that somebody
/// took a copy of. Who shares a mark with a change is found again for nothing; with 100 changes a second
/// that is one of 150 answers.
struct ChangeMarks: Sendable {
    /// Something that an answer can rest on.
    enum Subject: Hashable {
        /// Who has it, what is told of the pod that does, and the endpoints that name it.
        case address(IPAddress)
        /// The pod with this UID, in the API or in the name of its cgroup.
        case pod(String)
        /// The ReplicaSet or Job with this UID.
        case controller(String)
        /// Where the node of this name stands.
        case node(String)
        /// The service, with its endpoints.
        case service(ClusterService.Name)
        /// The service that has this port on every node.
        case nodePort(ClusterService.Port)
    }

    /// The mark of where any node stands.
    static let nodes: UInt16 = 1
    private static let count = 1 << 14
    private static let lineages = Atomic<UInt64>(0)

    /// Tells inventories of different builders apart.
    let lineage = Self.lineages.wrappingAdd(1, ordering: .relaxed).newValue
    /// How many changes there were.
    private(set) var revision: UInt64 = 0
    /// The revision of the last change, by mark.
    private var latest = [UInt64](repeating: 0, count: Self.count)

    /// The mark of `subject`, 2..<2^14.
    static func mark(of subject: Subject) -> UInt16 {
        2 + UInt16(UInt(bitPattern: subject.hashValue) % UInt(count - 2))
    }

    /// Notes that `subject` has changed.
    mutating func note(_ subject: Subject) {
        revision += 1
        latest[Int(Self.mark(of: subject))] = revision
        if case .node = subject { latest[Int(Self.nodes)] = revision }
    }

    /// True if none of what `marks` stand for has changed after `revision`.
    func areOlder(_ marks: SIMD4<UInt16>, than revision: UInt64) -> Bool {
        latest[Int(marks[0])] <= revision && latest[Int(marks[1])] <= revision && latest[Int(marks[2])] <= revision
            && latest[Int(marks[3])] <= revision
    }
}
