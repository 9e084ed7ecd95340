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
                ),
                previous: try row["previous"].map { try $0.counters }
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
            step: answer.step?.seconds,
            resolution: resolution,
            groupBy: groupBy,
            rows: try answer.rows.map { try fact($0, groupBy: groupBy) },
            other: try answer.other.map { other in
                Other(
                    groups: other.groups,
                    buckets: try other.rows?.map { try fact($0, groupBy: []) } ?? [
                        UsageFacts.Fact(
                            bucketStart: answer.start.seconds,
                            group: [],
                            counters: other.counters.value,
                            previous: other.previous?.value
                        )
                    ]
                )
            },
            total: answer.total.value,
            lost: answer.lost.map { Loss(reason: $0.reason, counters: $0.counters.value) }
        )
        calendarStep = answer.step?.text
        zone = answer.tz
        parts = try answer.read.map { part in
            guard let resolution = Resolution(rawValue: part.resolution) else {
                throw MissingValue("the resolution \(part.resolution)")
            }
            return ReadPart(resolution: resolution, start: part.start.seconds, end: part.end.seconds)
        }
        missing = answer.pruned.map(\.value)
        unattributed = answer.unattributed.value
        nodes = (answer.nodes ?? [])
            .map { gap in
                NodeGap(
                    cluster: gap.cluster,
                    node: gap.node,
                    silentSince: gap.silentSince?.seconds,
                    lost: gap.lost.map { Loss(reason: $0.reason, counters: $0.counters.value) }
                )
            }
        previous = answer.previous.map {
            Previous(
                start: $0.span.start.seconds,
                end: $0.span.end.seconds,
                total: $0.counters.value,
                missing: $0.pruned.map(\.value)
            )
        }
    }
}

private struct UsageAnswerBody: Decodable {
    var start: TimeText
    var end: TimeText
    var step: StepCell?
    var tz: String
    var resolution: String
    var read: [Part]
    var pruned: [Span]
    var previous: Before?
    var unattributed: CountersBody
    var groupBy: [String]
    var rows: [[String: Cell]]
    var other: Others?
    var total: CountersBody
    var lost: [Lost]
    var nodes: [Gap]?

    enum CodingKeys: String, CodingKey {
        case start
        case end
        case step
        case tz
        case resolution
        case read
        case pruned
        case previous
        case unattributed
        case groupBy = "group_by"
        case rows
        case other
        case total
        case lost
        case nodes
    }

    struct Gap: Decodable {
        var cluster: String
        var node: String
        var silentSince: TimeText?
        var lost: [Lost]

        enum CodingKeys: String, CodingKey {
            case cluster
            case node
            case silentSince = "silent_since"
            case lost
        }
    }

    struct Part: Decodable {
        var resolution: String
        var start: TimeText
        var end: TimeText
    }

    struct Span: Decodable {
        var start: TimeText
        var end: TimeText

        var value: UsageFacts.Span {
            UsageFacts.Span(start: start.seconds, end: end.seconds)
        }
    }

    struct Before: Decodable {
        var span: Span
        var counters: CountersBody
        var pruned: [Span]

        enum CodingKeys: CodingKey {
            case pruned
        }

        init(from decoder: any Decoder) throws {
            span = try Span(from: decoder)
            counters = try CountersBody(from: decoder)
            pruned = try decoder.container(keyedBy: CodingKeys.self).decode([Span].self, forKey: .pruned)
        }
    }

    struct Others: Decodable {
        var groups: Int
        var previous: CountersBody?
        var counters: CountersBody
        var rows: [[String: Cell]]?

        enum CodingKeys: String, CodingKey {
            case groups
            case previous
            case rows
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            groups = try container.decode(Int.self, forKey: .groups)
            previous = try container.decodeIfPresent(CountersBody.self, forKey: .previous)
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

/// Seconds, or a step by the calendar.
private enum StepCell: Decodable {
    case fixed(Int64)
    case calendar(String)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // What is no string must be a number, whose error then tells.
        if let text = try? container.decode(String.self) {
            self = .calendar(text)
        } else {
            self = .fixed(try container.decode(Int64.self))
        }
    }

    var seconds: Int64? {
        if case .fixed(let seconds) = self { seconds } else { nil }
    }

    var text: String? {
        if case .calendar(let text) = self { text } else { nil }
    }
}

/// A member of a row: a name, a time, a number, or the counters of the period before.
private enum Cell: Decodable {
    case text(String)
    case number(UInt64)
    case counters(FlowCounters)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // What is no string must be a number, whose error then tells.
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let counters = try? CountersBody(from: decoder) {
            self = .counters(counters.value)
        } else {
            self = .number(try container.decode(UInt64.self))
        }
    }

    var counters: FlowCounters {
        get throws {
            guard case .counters(let counters) = self else { throw MissingValue("counters") }
            return counters
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
