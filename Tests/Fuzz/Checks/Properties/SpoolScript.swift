// SPDX-License-Identifier: Apache-2.0
import Capture
import Traffic
import Wire

#if !LINKED_SOURCES
@testable import Agent
#endif

/// A spool as a fuzzer's input describes it: what an agent writes, and what becomes of it on a bad disk.
///
/// Every checksum is right unless the input damages it afterwards; otherwise the fuzzer would never get behind one.
struct SpoolScript {
    /// When everything happens: 2026-01-01T00:00:00Z.
    static let time: Int64 = 1_767_225_600_000_000_000

    let disk = MemoryDisk()
    /// What the kernel says about its counters.
    private(set) var counters: [CounterState] = []

    private var segment = SpoolSegment(base: 0, size: 0)
    private var content = SpoolSegment.header
    private var sequence: UInt64 = 0
    private var drain: UInt64 = 1
    private var running = FlowCounters.zero
    private var generation: UInt64 = 0

    private enum Step: UInt8, CaseIterable {
        case batch, drains, bytes, segment, damage, cut, state, header, position
    }

    /// The spool that `input` describes.
    init(_ input: [UInt8]) {
        var reader = InputReader(input)
        let committed = UInt64(reader.next(UInt8.self))
        counters = [
            CounterState(
                bootID: 1,
                committed: committed,
                pending: reader.next(UInt8.self) % 2 == 0 ? nil : committed + 1
            )
        ]
        var steps = 0
        while !reader.isAtEnd, steps < 64 {
            steps += 1
            take(Step.allCases[Int(reader.next(UInt8.self)) % Step.allCases.count], &reader)
        }
        close()
    }

    private mutating func take(_ step: Step, _ reader: inout InputReader) {
        switch step {
        case .batch: addBatch(&reader)
        case .drains: drain += UInt64(reader.next(UInt8.self))
        case .bytes: content += reader.bytes(Int(reader.next(UInt8.self)))
        case .segment:
            close()
            segment = SpoolSegment(
                base: segment.base + UInt64(content.count) + UInt64(reader.next(UInt8.self) % 2),
                size: 0
            )
            content = SpoolSegment.header
        case .damage:
            let place = Int(reader.next(UInt16.self))
            let bits = reader.next(UInt8.self)
            if place < content.count { content[content.count - 1 - place] ^= bits }
        case .cut: content.removeLast(min(content.count, Int(reader.next(UInt8.self))))
        case .state: addState(&reader)
        case .header: addHeader(&reader)
        case .position:
            close()
            segment = SpoolSegment(base: reader.next() >> 2, size: 0)
            content = SpoolSegment.header
        }
    }

    /// What ``Spool/keep(_:of:)`` would write for a batch.
    private mutating func addBatch(_ reader: inout InputReader) {
        let (kind, size) = (reader.next(UInt8.self), UInt64(reader.next(UInt16.self)))
        let counted = FlowCounters(egressBytes: size, ingressBytes: size / 2, egressPackets: 1)
        sequence += 1 + UInt64(kind & 3)
        running += counted
        var batch = FlowBatch(
            source: BatchSource(cluster: "c", node: "n", bootID: UInt128(kind >> 2 & 1) + 1),
            sequence: sequence,
            interval: Interval(start: Self.time - 1_000_000_000, end: Self.time)
        )
        batch.losses = [Loss(reason: "fuzz", counters: counted)]
        batch.running = running
        // It keeps all limits of the wire.
        guard let packed = try? PackedBatch(batch) else { return }
        var record = SpoolRecord(packed)
        record.counters = UInt128(kind >> 3 & 1) + 1
        record.drain = drain
        record.part = UInt32(kind >> 4 & 3)
        record.parts = UInt32(kind >> 6) + 1
        record.position = segment.base &+ UInt64(content.count)
        content += record.bytes + packed.bytes
    }

    /// A header of anything, with the right checksum and position.
    private mutating func addHeader(_ reader: inout InputReader) {
        guard var record = (try? PackedBatch(Self.empty)).map(SpoolRecord.init) else { return }
        record.bodyLength = reader.next()
        record.bodyChecksum = reader.next()
        record.counters = UInt128(reader.next(UInt8.self))
        record.drain = reader.next()
        record.part = reader.next()
        record.parts = reader.next()
        record.source = UInt128(reader.next(UInt8.self))
        record.sequence = reader.next()
        let (start, end) = (reader.next(Int64.self), reader.next(Int64.self))
        record.interval = Interval(start: start, end: end)
        record.totals = Self.counters(&reader)
        record.running = Self.counters(&reader)
        record.position = segment.base &+ UInt64(content.count)
        content += record.bytes
    }

    private mutating func addState(_ reader: inout InputReader) {
        var state = SpoolState()
        generation += UInt64(reader.next(UInt8.self))
        state.generation = generation
        state.settled = reader.next()
        state.last = SpoolState.LastDrain(
            counters: UInt128(reader.next(UInt8.self)),
            drain: reader.next(),
            sequence: SourceSequence(
                bootID: UInt128(reader.next(UInt8.self)),
                last: reader.next(),
                running: Self.counters(&reader)
            )
        )
        // Memory takes every write.
        try? state.write(disk, isDurable: false)
    }

    private mutating func close() {
        disk.files[segment.name] = content
    }

    private static let empty = FlowBatch(
        source: BatchSource(cluster: "c", node: "n", bootID: 1),
        sequence: 1,
        interval: Interval(start: time - 1, end: time)
    )

    private static func counters(_ reader: inout InputReader) -> FlowCounters {
        FlowCounters(
            egressBytes: reader.next(),
            ingressBytes: reader.next(),
            egressPackets: reader.next(),
            ingressPackets: reader.next()
        )
    }
}
