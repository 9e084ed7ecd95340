// SPDX-License-Identifier: Apache-2.0
import SwiftProtobuf
public import Traffic

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a sender says about the batches that it delivers together.
public struct DeliveryNote: Hashable, Sendable {
    /// Sequence of the latest batch that it had before the first one here; 0 if it has none to send.
    ///
    /// A ledger that lacks that batch books nothing and asks for it. So requests may overtake each other, and a ledger
    /// may be older than it was.
    public var after: UInt64
    /// Bytes that stood between that batch and the first one here and that the sender had to give up, by reason.
    public var skipped: [Loss]
    /// When it was sent by the sender's clock, in nanoseconds since 1970-01-01T00:00:00Z; `nil` if it did not say.
    public var sent: Int64?
    /// What the source has counted until now, batches that wait to be sent included; `nil` if it did not say.
    public var counted: FlowCounters?

    /// A note with the given content.
    public init(after: UInt64 = 0, skipped: [Loss] = [], sent: Int64? = nil, counted: FlowCounters? = nil) {
        self.after = after
        self.skipped = skipped
        self.sent = sent
        self.counted = counted
    }

    /// A delivery of `batches`, each as ``Traffic/FlowBatch/encoded()`` has it, for `POST /v1/flows`.
    ///
    /// - Throws: ``WireError/invalid(field:reason:)`` if the note breaks a limit of `flow_batch.proto`.
    public func encoded(with batches: [[UInt8]]) throws(WireError) -> [UInt8] {
        try check(.default)
        let message = ProtoDelivery.with { message in
            message.deliveryVersion = WireLimits.deliveryVersion
            message.sentNs = sent ?? 0
            message.afterSequence = after
            if let counted { message.counted = ProtoCounters(counted) }
            message.skipped = skipped.map(ProtoLoss.init)
            message.batches = batches.map { Data($0) }
        }
        do {
            return try message.serializedBytes()
        } catch {
            throw .malformed(reason: String(describing: error))
        }
    }

    /// Checks what `flow_batch.proto` demands of a delivery besides its batches.
    func check(_ limits: WireLimits) throws(WireError) {
        guard after < WireLimits.numberBound else {
            throw .invalid(field: "after_sequence", reason: "is \(after); it lies in 0..<2^56")
        }
        guard counted?.isBelowRunningBound != false else {
            throw .invalid(field: "counted", reason: "has a counter that is not below 2^62")
        }
        guard skipped.count <= limits.losses else {
            throw .invalid(
                field: "skipped",
                reason: "has \(skipped.count) entries; at most \(limits.losses) are allowed"
            )
        }
        var total = FlowCounters.zero
        for (index, loss) in skipped.enumerated() {
            try FlowBatch.checkReason(loss.reason, at: index, of: "skipped", limits)
            if let column = total.add(loss.counters) {
                throw .invalid(field: "skipped[\(index)].\(column)", reason: "takes the sum to 2^56 or more")
            }
        }
    }
}
