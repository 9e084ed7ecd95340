// SPDX-License-Identifier: Apache-2.0
import SwiftProtobuf

/// The classifier's answer to a batch, given once the commit that holds it is durable.
public struct Acknowledgement: Hashable, Sendable {
    /// What became of the batch.
    public enum Outcome: Hashable, Sendable, CaseIterable {
        /// Booked now.
        case applied
        /// Had been booked before; nothing was changed.
        case duplicate
    }

    /// What became of the batch.
    public var outcome: Outcome
    /// The sequence the ledger wants next from this source.
    public var nextSequence: UInt64

    /// An answer with the given content.
    public init(outcome: Outcome, nextSequence: UInt64) {
        self.outcome = outcome
        self.nextSequence = nextSequence
    }

    /// The answer in protobuf.
    public func encoded() -> [UInt8] {
        let message = ProtoAcknowledgement.with {
            $0.outcome = outcome == .applied ? .applied : .duplicate
            $0.nextSequence = nextSequence
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
        case .unspecified, .UNRECOGNIZED:
            throw .invalid(field: "outcome", reason: "is \(message.outcome.rawValue); 1 and 2 are known")
        }
        nextSequence = message.nextSequence
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
