// SPDX-License-Identifier: Apache-2.0
import Traffic

/// The answer of `/api/v1/usage`, as a client of the API reads it.
struct Usage: Decodable {
    /// Bytes of one group.
    struct Row: Decodable, Hashable {
        /// Values of the dimensions, by name.
        var group: [String: String]
        var counters: FlowCounters

        init(from decoder: any Decoder) throws {
            counters = try FlowCounters(from: decoder)
            group = [:]
            let fields = try decoder.container(keyedBy: FieldName.self)
            for name in fields.allKeys where !name.stringValue.contains("gress_") {
                group[name.stringValue] = try fields.decode(String.self, forKey: name)
            }
        }
    }

    /// Bytes that were lost for one reason.
    struct Loss: Decodable, Hashable {
        var reason: String
        var counters: FlowCounters

        private enum CodingKeys: CodingKey {
            case reason
        }

        init(from decoder: any Decoder) throws {
            reason = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .reason)
            counters = try FlowCounters(from: decoder)
        }
    }

    var rows: [Row]
    var total: FlowCounters
    var lost: [Loss]

    private enum CodingKeys: String, CodingKey {
        case rows
        case total
        case lost
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        rows = try fields.decode([Row].self, forKey: .rows)
        total = try FlowCounters(from: fields.superDecoder(forKey: .total))
        lost = try fields.decode([Loss].self, forKey: .lost)
    }

    /// The rows' counters by the values of `dimensions`; a group that comes twice is an error of the API.
    func byGroup(_ dimensions: String...) throws -> [[String]: FlowCounters] {
        try Dictionary(rows.map { row in (dimensions.map { row.group[$0] ?? "" }, row.counters) }) { _, _ in
            throw RepeatedGroup()
        }
    }

    private struct RepeatedGroup: Error {}
}

/// Any field of a JSON object.
private struct FieldName: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        nil
    }
}

extension FlowCounters {
    private enum CodingKeys: String, CodingKey {
        case egressBytes = "egress_bytes"
        case ingressBytes = "ingress_bytes"
        case egressPackets = "egress_packets"
        case ingressPackets = "ingress_packets"
    }

    /// The four members of a row or of a total.
    fileprivate init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            egressBytes: try fields.decode(UInt64.self, forKey: .egressBytes),
            ingressBytes: try fields.decode(UInt64.self, forKey: .ingressBytes),
            egressPackets: try fields.decode(UInt64.self, forKey: .egressPackets),
            ingressPackets: try fields.decode(UInt64.self, forKey: .ingressPackets)
        )
    }
}
