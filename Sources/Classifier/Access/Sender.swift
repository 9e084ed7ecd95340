// SPDX-License-Identifier: Apache-2.0
import Classification
import Traffic

/// Who posts a batch, and whose batches it may post.
enum Sender: Sendable {
    /// Nobody asks who it is; it may report for every node.
    case anyone
    /// It may report for what one of these means.
    case known([Grant])

    /// Nodes of clusters.
    struct Grant: Sendable {
        var nodes: [NamePattern]
        /// `nil` for all.
        var clusters: [NamePattern]?
    }

    /// True if it may report for the node that `source` names.
    func mayReport(for source: BatchSource) -> Bool {
        switch self {
        case .anyone: true
        case .known(let grants):
            grants.contains { grant in
                grant.nodes.contains { $0.matches(source.node) }
                    && grant.clusters?.contains { $0.matches(source.cluster) } ?? true
            }
        }
    }
}
