// SPDX-License-Identifier: Apache-2.0
import Instruments
import Traffic
import Wire

/// A node whose flows have the same bytes in every interval, so that a request is ready in microseconds.
///
/// Batches are encoded once. What differs from one to the next is appended: of a field that comes twice the last one
/// counts.
struct SteadyNode: Sendable {
    private static let second: Int64 = 1_000_000_000

    /// Sum of the flows of one batch.
    let counters: FlowCounters

    private let batch: [UInt8]
    private let token: String?
    private let step: Int64
    private var start: Int64
    private var sequence: UInt64 = 0

    /// A node that begins with sequence 1.
    ///
    /// - Parameters:
    ///   - number: The node's number, which gives its name and place.
    ///   - start: First second of the first interval, since 1970-01-01T00:00:00Z.
    ///   - step: Seconds from one interval to the next, and of each.
    ///   - token: What the node shows with its requests.
    init(number: Int, owners: [Owner], flows: [Flow], start: Int64, step: Int64, token: String?) throws {
        counters = flows.reduce(into: .zero) { $0 += $1.counters }
        self.token = token
        self.start = start * Self.second
        self.step = step * Self.second
        let batch = FlowBatch(
            source: BatchSource(cluster: "bench", node: Self.name(number), bootID: UInt128(number) + 1),
            sequence: 1,
            interval: Interval(start: self.start, end: self.start + self.step),
            region: "region-\(number % 3 / 2)",
            zone: "zone-\(number % 3)",
            owners: owners,
            flows: flows,
            maps: [MapUse(name: "flows", entries: UInt64(flows.count), capacity: 131_072)]
        )
        self.batch = try batch.encoded()
    }

    /// The name of the node `number`.
    static func name(_ number: Int) -> String {
        "node-\(number)"
    }

    /// Batches so far.
    var batches: UInt64 {
        sequence
    }

    /// The request that an agent posts for the next interval.
    mutating func next() -> HTTPRequest {
        sequence += 1
        defer { start += step }
        var change = WireFields()
        change.add(5, varint: sequence)
        change.add(6, fixed: UInt64(start))
        change.add(7, fixed: UInt64(start + step))
        var sums = WireFields()
        for (field, counter) in [
            counters.egressBytes, counters.ingressBytes, counters.egressPackets, counters.ingressPackets,
        ]
        .enumerated() {
            sums.add(field + 1, varint: counter * sequence)
        }
        var totals = WireFields()
        totals.add(6, message: sums.bytes)
        change.add(14, message: totals.bytes)
        var delivery = WireFields()
        delivery.add(16, varint: 1)
        delivery.add(17, fixed: UInt64(start + step))
        delivery.add(18, varint: sequence - 1)
        delivery.add(19, message: sums.bytes)
        delivery.add(21, message: batch + change.bytes)
        return .flows(delivery.bytes, token: token)
    }
}

/// Fields of a protobuf message, one after the other.
private struct WireFields {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ field: Int, varint value: UInt64) {
        append(UInt64(field << 3))
        append(value)
    }

    mutating func add(_ field: Int, fixed value: UInt64) {
        append(UInt64(field << 3 | 1))
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func add(_ field: Int, message: [UInt8]) {
        append(UInt64(field << 3 | 2))
        append(UInt64(message.count))
        bytes += message
    }

    private mutating func append(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
