// SPDX-License-Identifier: Apache-2.0
import Foundation
import Queries
import Traffic

extension UsageAnswer {
    /// Reads the JSON that ``json()`` writes; members it does not know are passed over.
    init(json: [UInt8]) throws {
        let answer = try JSONDecoder().decode(UsageAnswerBody.self, from: Data(json))
        func fact(_ row: [String: Cell], groupBy: [Queries.Dimension]) throws -> UsageFacts.Fact {
            UsageFacts.Fact(
                bucketStart: try row["start"].map { try $0.time } ?? answer.start.seconds,
                group: try groupBy.map { try row.cell($0.rawValue).text },
                counters: FlowCounters(
                    egressBytes: try row.cell("egress_bytes").number,
                    ingressBytes: try row.cell("ingress_bytes").number,
                    egressPackets: try row.cell("egress_packets").number,
                    ingressPackets: try row.cell("ingress_packets").number
                )
            )
        }
        let groupBy = try answer.groupBy.map { name in
            guard let dimension = Queries.Dimension(rawValue: name) else { throw MissingValue("the dimension \(name)") }
            return dimension
        }
        guard let resolution = Resolution(rawValue: answer.resolution) else {
            throw MissingValue("the resolution \(answer.resolution)")
        }
        self.init(
            start: answer.start.seconds,
            end: answer.end.seconds,
            step: answer.step,
            resolution: resolution,
            groupBy: groupBy,
            rows: try answer.rows.map { try fact($0, groupBy: groupBy) },
            other: try answer.other.map { other in
                Other(
                    groups: other.groups,
                    buckets: try other.rows?.map { try fact($0, groupBy: []) } ?? [
                        UsageFacts.Fact(bucketStart: answer.start.seconds, group: [], counters: other.counters.value)
                    ]
                )
            },
            total: answer.total.value,
            lost: answer.lost.map { Loss(reason: $0.reason, counters: $0.counters.value) }
        )
    }
}

private struct UsageAnswerBody: Decodable {
    var start: TimeText
    var end: TimeText
    var step: Int64?
    var resolution: String
    var groupBy: [String]
    var rows: [[String: Cell]]
    var other: Others?
    var total: CountersBody
    var lost: [Lost]

    enum CodingKeys: String, CodingKey {
        case start
        case end
        case step
        case resolution
        case groupBy = "group_by"
        case rows
        case other
        case total
        case lost
    }

    struct Others: Decodable {
        var groups: Int
        var counters: CountersBody
        var rows: [[String: Cell]]?

        enum CodingKeys: String, CodingKey {
            case groups
            case rows
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            groups = try container.decode(Int.self, forKey: .groups)
            rows = try container.decodeIfPresent([[String: Cell]].self, forKey: .rows)
            counters = try CountersBody(from: decoder)
        }
    }

    struct Lost: Decodable {
        var reason: String
        var counters: CountersBody

        enum CodingKeys: CodingKey {
            case reason
        }

        init(from decoder: any Decoder) throws {
            reason = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .reason)
            counters = try CountersBody(from: decoder)
        }
    }
}

/// A member of a row: a name, a time or a number.
private enum Cell: Decodable {
    case text(String)
    case number(UInt64)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // What is no string must be a number, whose error then tells.
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .number(try container.decode(UInt64.self))
        }
    }

    var text: String {
        get throws {
            guard case .text(let text) = self else { throw MissingValue("a text") }
            return text
        }
    }

    var number: UInt64 {
        get throws {
            guard case .number(let number) = self else { throw MissingValue("a number") }
            return number
        }
    }

    var time: Int64 {
        get throws {
            guard let time = UTCTime(rfc3339: try text) else { throw MissingValue("a time") }
            return time.secondsSinceEpoch
        }
    }
}

extension [String: Cell] {
    fileprivate func cell(_ name: String) throws -> Cell {
        guard let cell = self[name] else { throw MissingValue(name) }
        return cell
    }
}
