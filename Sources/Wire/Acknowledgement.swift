// SPDX-License-Identifier: Apache-2.0
import SwiftProtobuf

/// The classifier's answer to a delivery, given once the commit that holds what it booked is durable.
public struct Acknowledgement: Hashable, Sendable {
    /// What became of the batches.
    public enum Outcome: Hashable, Sendable, CaseIterable {
        /// Booked now, at least one.
        case applied
        /// Had been booked before; nothing was changed.
        case duplicate
        /// Nothing was changed: batches before these are missing, and the sender has the next one or says that it has not.
        case gap
    }

    /// What became of the batches.
    public var outcome: Outcome
    /// The sequence the ledger wants next from this source.
    public var nextSequence: UInt64
    /// How many batches were booked now.
    public var applied: UInt64

    /// An answer with the given content; `applied` is 1 for one that is applied if not given.
    public init(outcome: Outcome, nextSequence: UInt64, applied: UInt64? = nil) {
        self.outcome = outcome
        self.nextSequence = nextSequence
        self.applied = applied ?? (outcome == .applied ? 1 : 0)
    }

    /// The answer in protobuf.
    public func encoded() -> [UInt8] {
        let message = ProtoAcknowledgement.with {
            switch outcome {
            case .applied: $0.outcome = .applied
            case .duplicate: $0.outcome = .duplicate
            case .gap: $0.outcome = .gap
            }
            $0.nextSequence = nextSequence
            $0.applied = applied
        }
        do {
            return try message.serializedBytes()
        } catch {
            // Only required fields, invalid `Any`s or 2 GiB of output fail, and this message can have none of them.
            preconditionFailure("an Acknowledgement could not be encoded: \(error)")
        }
    }

    /// Reads an answer.
    ///
    /// - Throws: ``WireError`` if the bytes are not one, or leave the outcome out.
    public init(encoded bytes: [UInt8]) throws(WireError) {
        let message: ProtoAcknowledgement
        do {
            message = try ProtoAcknowledgement(serializedBytes: bytes, options: .strict)
        } catch {
            throw .malformed(reason: String(describing: error))
        }
        switch message.outcome {
        case .applied: outcome = .applied
        case .duplicate: outcome = .duplicate
        case .gap: outcome = .gap
        case .unspecified, .UNRECOGNIZED:
            throw .invalid(field: "outcome", reason: "is \(message.outcome.rawValue); 1...3 are known")
        }
        nextSequence = message.nextSequence
        applied = message.applied
    }
}

extension BinaryDecodingOptions {
    /// Fields we do not know are skipped instead of kept, and nesting stays as shallow as our messages are.
    static let strict: BinaryDecodingOptions = {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        options.messageDepthLimit = 4
        return options
    }()
}
