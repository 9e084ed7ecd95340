// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Writes an answer as JSON, some rows at a time.
struct AnswerJSON: Sendable {
    private enum Position {
        case head
        case rows(next: Int)
        case end
    }

    private let answer: UsageAnswer
    private var json = JSONWriter()
    private var position = Position.head
    private var times = BucketTimes()

    init(_ answer: UsageAnswer) {
        self.answer = answer
    }

    /// The next piece, or nothing after the last.
    mutating func next(size: Int) -> [UInt8] {
        while json.bytes.count < size {
            switch position {
            case .head:
                writeHead()
                position = .rows(next: 0)
            case .rows(let index) where index < answer.rows.count:
                write(answer.rows[index], dimensions: answer.groupBy)
                position = .rows(next: index + 1)
            case .rows:
                writeTail()
                position = .end
            case .end:
                return json.takeBytes()
            }
        }
        return json.takeBytes()
    }

    private mutating func writeHead() {
        json.beginObject()
        json.member("start", UTCTime(secondsSinceEpoch: answer.start).description)
        json.member("end", UTCTime(secondsSinceEpoch: answer.end).description)
        json.key("step")
        if let step = answer.step {
            json.value(step)
        } else if let step = answer.calendarStep {
            json.value(step)
        } else {
            json.null()
        }
        json.member("tz", answer.zone)
        json.member("resolution", answer.resolution.rawValue)
        json.key("read")
        json.beginArray()
        for part in answer.parts {
            json.beginObject()
            json.member("resolution", part.resolution.rawValue)
            json.member("start", UTCTime(secondsSinceEpoch: part.start).description)
            json.member("end", UTCTime(secondsSinceEpoch: part.end).description)
            json.endObject()
        }
        json.endArray()
        json.completeness(answer.missing)
        if let previous = answer.previous {
            json.key("previous")
            json.beginObject()
            json.member("start", UTCTime(secondsSinceEpoch: previous.start).description)
            json.member("end", UTCTime(secondsSinceEpoch: previous.end).description)
            json.members(previous.total)
            json.key("pruned")
            json.spans(previous.missing)
            json.endObject()
        }
        json.key("group_by")
        json.beginArray()
        for dimension in answer.groupBy { json.value(dimension.rawValue) }
        json.endArray()
        json.key("rows")
        json.beginArray()
    }

    private mutating func writeTail() {
        json.endArray()
        if let other = answer.other {
            json.key("other")
            json.beginObject()
            json.member("groups", other.groups)
            json.members(other.total)
            if let previous = other.previousTotal { json.previous(previous) }
            if answer.isStepped {
                json.key("rows")
                json.beginArray()
                for bucket in other.buckets { write(bucket, dimensions: []) }
                json.endArray()
            }
            json.endObject()
        }
        json.key("total")
        json.beginObject()
        json.members(answer.total)
        json.endObject()
        json.key("unattributed")
        json.beginObject()
        json.members(answer.unattributed)
        json.endObject()
        json.key("lost")
        json.losses(answer.lost)
        if !answer.nodes.isEmpty { writeNodes() }
        json.endObject()
    }

    private mutating func writeNodes() {
        json.key("nodes")
        json.beginArray()
        for gap in answer.nodes {
            json.beginObject()
            json.member("cluster", gap.cluster)
            json.member("node", gap.node)
            if let silentSince = gap.silentSince {
                json.member("silent_since", UTCTime(secondsSinceEpoch: silentSince).description)
            }
            json.key("lost")
            json.losses(gap.lost)
            json.endObject()
        }
        json.endArray()
    }

    private mutating func write(_ row: UsageFacts.Fact, dimensions: [Dimension]) {
        json.beginObject()
        if answer.isStepped { json.member("start", times.text(row.bucketStart)) }
        for (dimension, value) in zip(dimensions, row.group) { json.member(dimension.rawValue, value) }
        json.members(row.counters)
        if let previous = row.previous { json.previous(previous) }
        json.endObject()
    }
}

extension JSONWriter {
    /// Writes an array of losses.
    fileprivate mutating func losses(_ losses: [Loss]) {
        beginArray()
        for loss in losses {
            beginObject()
            member("reason", loss.reason)
            members(loss.counters)
            endObject()
        }
        endArray()
    }

    /// Writes an array of spans.
    mutating func spans(_ spans: [UsageFacts.Span]) {
        beginArray()
        for span in spans {
            beginObject()
            member("start", UTCTime(secondsSinceEpoch: span.start).description)
            member("end", UTCTime(secondsSinceEpoch: span.end).description)
            endObject()
        }
        endArray()
    }

    /// Writes the counters of the period before as a member of the object that is open.
    fileprivate mutating func previous(_ counters: FlowCounters) {
        key("previous")
        beginObject()
        members(counters)
        endObject()
    }

    /// Writes the four counters as members of the object that is open.
    mutating func members(_ counters: FlowCounters) {
        member("egress_bytes", counters.egressBytes)
        member("ingress_bytes", counters.ingressBytes)
        member("egress_packets", counters.egressPackets)
        member("ingress_packets", counters.ingressPackets)
    }
}
