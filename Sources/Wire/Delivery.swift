// SPDX-License-Identifier: Apache-2.0
import SwiftProtobuf
public import Traffic

/// Batches of one source that came in one request, and what their sender says about them.
public struct Delivery: Hashable, Sendable {
    /// What the sender says.
    public var note: DeliveryNote
    /// At least one; all of one source, their sequences rising.
    public var batches: [FlowBatch]

    /// The two bytes with which every delivery begins: the tag of its version.
    private static let mark: [UInt8] = [0x80, 0x01]

    /// A delivery with the given content.
    public init(note: DeliveryNote, batches: [FlowBatch]) {
        self.note = note
        self.batches = batches
    }

    /// Reads the body of `POST /v1/flows`, which may also be a single batch: then the note is empty.
    ///
    /// - Throws: ``WireError`` that names the first field that breaks a rule of `flow_batch.proto`.
    public init(encoded bytes: [UInt8], limits: WireLimits = .default) throws(WireError) {
        guard bytes.starts(with: Self.mark) else {
            self.init(note: DeliveryNote(), batches: [try FlowBatch(encoded: bytes, limits: limits)])
            return
        }
        let census = try WireCensus.delivery(bytes)
        guard census.skipped <= limits.losses else {
            throw .invalid(
                field: "skipped",
                reason: "has \(census.skipped) entries; at most \(limits.losses) are allowed"
            )
        }
        guard (1...limits.batches).contains(census.batches) else {
            throw .invalid(field: "batches", reason: "has \(census.batches) entries; it has 1...\(limits.batches)")
        }
        let message: ProtoDelivery
        do {
            message = try ProtoDelivery(serializedBytes: bytes, options: .strict)
        } catch {
            throw .malformed(reason: String(describing: error))
        }
        guard message.deliveryVersion == WireLimits.deliveryVersion else {
            throw .unsupportedVersion(message.deliveryVersion)
        }
        let note = DeliveryNote(
            after: message.afterSequence,
            skipped: message.skipped.map(Loss.init),
            sent: message.sentNs == 0 ? nil : message.sentNs,
            counted: message.hasCounted ? FlowCounters(message.counted) : nil
        )
        try note.check(limits)
        var batches: [FlowBatch] = []
        batches.reserveCapacity(message.batches.count)
        var records = 0
        for (index, body) in message.batches.enumerated() {
            let batch = try FlowBatch(encoded: Array(body), limits: limits)
            if let previous = batches.last {
                guard batch.source == previous.source else {
                    throw .invalid(field: "batches[\(index)]", reason: "has another source than the one before it")
                }
                guard batch.sequence > previous.sequence else {
                    throw .invalid(field: "batches[\(index)].sequence", reason: "is not greater than the one before it")
                }
            }
            records += batch.flows.count
            guard records <= limits.records else {
                throw .invalid(field: "batches", reason: "have more than \(limits.records) flows together")
            }
            batches.append(batch)
        }
        self.init(note: note, batches: batches)
    }
}
