// SPDX-License-Identifier: Apache-2.0
import Traffic

/// An answer of `/api/v1/usage`, as a client reads it.
struct UsageDocument: Decodable {
    /// A member of a row: a name, or a number that is an integer.
    enum Cell: Decodable, Hashable {
        case text(String)
        case number(UInt64)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(UInt64.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        var text: String {
            switch self {
            case .text(let text): text
            case .number(let number): String(number)
            }
        }
    }

    struct Lost: Decodable, Hashable {
        var reason: String
        var egress_bytes: UInt64
        var ingress_bytes: UInt64
        var egress_packets: UInt64
        var ingress_packets: UInt64

        var counters: FlowCounters {
            FlowCounters(
                egressBytes: egress_bytes,
                ingressBytes: ingress_bytes,
                egressPackets: egress_packets,
                ingressPackets: ingress_packets
            )
        }
    }

    var start: String
    var end: String
    var step: Int64?
    var resolution: String
    var group_by: [String]
    var rows: [[String: Cell]]
    var total: [String: UInt64]
    var lost: [Lost]

    /// The sum over all rows.
    var counters: FlowCounters {
        FlowCounters(row: total)
    }
}

extension FlowCounters {
    /// The counters that the members of a JSON object hold.
    init(row: [String: UInt64]) {
        self.init(
            egressBytes: row["egress_bytes"] ?? 0,
            ingressBytes: row["ingress_bytes"] ?? 0,
            egressPackets: row["egress_packets"] ?? 0,
            ingressPackets: row["ingress_packets"] ?? 0
        )
    }
}
