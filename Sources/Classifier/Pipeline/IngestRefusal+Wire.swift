// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Ledger
import Queries
import Traffic
import Wire

extension IngestRefusal {
    /// The refusal of a body that is not a batch we accept, naming the field: status 400.
    ///
    /// One of a newer schema may be right, and has status 409: its agent keeps it until this program is upgraded.
    init(_ error: WireError) {
        let reason: Reason
        var status = HTTPResponse.Status.badRequest
        switch error {
        case .unsupportedVersion(let version) where version > WireLimits.schemaVersion:
            reason = .unsupportedVersion
            status = .conflict
        case .malformed: reason = .malformed
        case .unsupportedVersion: reason = .unsupportedVersion
        case .invalid: reason = .invalid
        }
        self.init(
            reason: reason,
            problem: RequestProblem(status, error.description, field: error.field)
        )
    }
}

extension IngestRefusal {
    /// The refusal of a batch of a node that its sender may not report for: status 403.
    init(foreign source: BatchSource) {
        let detail =
            "Your credentials do not allow batches of node '\(source.node)' in cluster '\(source.cluster)'. "
            + "They are bound to the node that they name, or to the nodes of their entry in the access file."
        var problem = AccessDenial(.notPermitted, detail).problem
        problem.problem.field = "node"
        self.init(reason: .foreignNode, problem: problem)
    }
}

extension Acknowledgement {
    /// What the sender is told of the batches of one delivery; `nil` if there are none.
    init?(_ receipts: [Receipt]) {
        guard let first = receipts.first, let last = receipts.last(where: { $0.outcome != .gap }) ?? receipts.last
        else {
            return nil
        }
        let applied = UInt64(receipts.count { $0.outcome == .applied })
        let outcome: Outcome
        switch first.outcome {
        case _ where applied > 0: outcome = .applied
        case .applied, .duplicate: outcome = .duplicate
        case .gap: outcome = .gap
        }
        self.init(outcome: outcome, nextSequence: last.nextSequence, applied: applied)
    }
}
