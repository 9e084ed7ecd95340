// SPDX-License-Identifier: Apache-2.0
import Queries
import Traffic

/// The four counters as they stand in JSON.
struct CountersBody: Decodable {
    var value: FlowCounters

    private enum CodingKeys: String, CodingKey {
        case egressBytes = "egress_bytes"
        case ingressBytes = "ingress_bytes"
        case egressPackets = "egress_packets"
        case ingressPackets = "ingress_packets"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        value = FlowCounters(
            egressBytes: try container.decode(UInt64.self, forKey: .egressBytes),
            ingressBytes: try container.decode(UInt64.self, forKey: .ingressBytes),
            egressPackets: try container.decode(UInt64.self, forKey: .egressPackets),
            ingressPackets: try container.decode(UInt64.self, forKey: .ingressPackets)
        )
    }
}

/// A time as it stands in JSON.
struct TimeText: Decodable {
    /// Seconds since 1970-01-01T00:00:00Z.
    var seconds: Int64

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let time = UTCTime(rfc3339: text) else { throw MissingValue("the time '\(text.printable)'") }
        seconds = time.secondsSinceEpoch
    }
}

/// JSON that lacks what its reader needs.
struct MissingValue: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) {
        description = "\(what) is missing or not understood"
    }
}
