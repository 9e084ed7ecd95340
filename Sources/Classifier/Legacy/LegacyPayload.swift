import Foundation
// SPDX-License-Identifier: Apache-2.0
import HTTPTypes

/// The JSON that agents of acll19/netledger v0.1 post to `/write-network-statistics`.
///
/// Members that are not listed here are passed over, as that classifier does; `null` entries are none.
struct LegacyPayload: Decodable, Sendable {
    /// A whole number; one that does not fit is refused by the name of its member.
    ///
    /// By itself the decoder calls such a number invalid JSON and does not say where it stands.
    struct Whole<Value: FixedWidthInteger & Decodable & Sendable>: Decodable, Sendable {
        var value: Value

        init(from decoder: any Decoder) throws {
            do {
                value = try decoder.singleValueContainer().decode(Value.self)
            } catch {
                let context = DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "\(error)")
                throw DecodingError.typeMismatch(Value.self, context)
            }
        }
    }

    /// The bytes of one socket since the agent last looked.
    struct Entry: Decodable, Sendable {
        /// An address; ``FlowBatch`` tells whose.
        var srcIp: String
        /// An address; ``FlowBatch`` tells whose.
        var dstIp: String
        var srcPort: Whole<UInt16>?
        var dstPort: Whole<UInt16>?
        /// Bytes that the socket sent.
        var txBytes: Whole<UInt64>
        /// Bytes that the socket received.
        var rxBytes: Whole<UInt64>
        /// 0 if the first packet that was seen left the node, 1 if it came in.
        var direction: Whole<UInt8>
        /// The socket's pod, if ``direction`` is 0.
        var srcPodName: String?
        var srcPodNamespace: String?
        /// The socket's pod, if ``direction`` is 1.
        var dstPodName: String?
        var dstPodNamespace: String?
        /// Not 0 if the pod opened the socket; earlier agents do not say.
        var podInitiated: Whole<UInt8>?
    }

    /// Name of the agent's node.
    var agentNode: String
    /// When the agent started, in seconds since 1970-01-01T00:00:00Z.
    var timestamp: Whole<Int64>?
    var entries: [Entry]?
    /// Entries that fit in the agent's eBPF map.
    var ebpfMapMaxSize: Whole<UInt64>?
    /// Entries that the agent found in its eBPF map; the member is spelled like this.
    var epbfMapSize: Whole<UInt64>?

    /// Reads the payload.
    ///
    /// - Throws: The refusal of a body that is not such a payload; it names the member.
    init(json: [UInt8]) throws(IngestRefusal) {
        do {
            self = try JSONDecoder().decode(LegacyPayload.self, from: Data(json))
        } catch let error as DecodingError {
            throw IngestRefusal(error)
        } catch {
            throw IngestRefusal(reason: .malformed, problem: RequestProblem(.badRequest, "The body is not JSON."))
        }
    }
}

extension IngestRefusal {
    /// The refusal of JSON that does not have the shape it should: status 400, naming the member.
    fileprivate init(_ error: DecodingError) {
        let path: [any CodingKey]
        let what: String
        switch error {
        case .keyNotFound(let key, let context):
            path = context.codingPath + [key]
            what = "is missing"
        case .typeMismatch(let type, let context):
            path = context.codingPath
            what = "is not \(Self.name(of: type))"
        case .valueNotFound(let type, let context):
            path = context.codingPath
            what = "is null, not \(Self.name(of: type))"
        case .dataCorrupted(let context):
            path = context.codingPath
            what = "cannot be read: \(context.debugDescription)"
        @unknown default:
            path = []
            what = "cannot be read"
        }
        guard !path.isEmpty else {
            self.init(
                reason: .malformed,
                problem: RequestProblem(
                    .badRequest,
                    "The body is not a JSON object with network statistics: it \(what)."
                )
            )
            return
        }
        var field = ""
        for key in path {
            if let index = key.intValue {
                field += "[\(index)]"
            } else {
                field += field.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        self.init(reason: .invalid, problem: RequestProblem(.badRequest, "'\(field)' \(what).", field: field))
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is UInt8.Type, is UInt16.Type, is UInt64.Type, is Int64.Type: "a whole number in its range"
        case is [any Sendable].Type: "an array"
        default: "an object or an array"
        }
    }
}
