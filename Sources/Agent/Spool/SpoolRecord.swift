// SPDX-License-Identifier: Apache-2.0
import Traffic
import Wire

/// What stands before each batch in the spool: where it comes from, and what is lost if its body is damaged.
///
/// On disk, little-endian: magic (4 bytes), CRC32C of the rest of the header (4), and the properties in their order.
struct SpoolRecord: Hashable, Sendable {
    /// Length of a header in bytes.
    static let size = 8 + 8 + 16 + 8 + 8 + 16 + 8 + 16 + 8 + 64 + 8
    /// "NLrc".
    static let magic: [UInt8] = [0x4e, 0x4c, 0x72, 0x63]

    /// Length of the body in bytes.
    var bodyLength: UInt32 = 0
    /// CRC32C of the body.
    var bodyChecksum: UInt32 = 0
    /// Identity of the kernel's counters that were drained.
    var counters: UInt128 = 0
    /// Number of the drain.
    var drain: UInt64 = 0
    /// Which of the drain's batches it is, from 0.
    var part: UInt32 = 0
    /// How many batches the drain has.
    var parts: UInt32 = 1
    /// Boot id under which the batch is numbered.
    var source: UInt128 = 0
    /// The batch's sequence.
    var sequence: UInt64 = 0
    /// The batch's interval.
    var interval = Interval(start: 0, end: 1)
    /// Flows in the batch.
    var records: UInt32 = 0
    /// The batch's ``PackedBatch/totals``.
    var totals = FlowCounters.zero
    /// The batch's ``PackedBatch/running``.
    var running = FlowCounters.zero
    /// The record's own position; it tells a record from bytes inside a batch that look like one.
    var position: UInt64 = 0

    /// A record for `batch`, which is the body.
    init(_ batch: PackedBatch) {
        bodyLength = UInt32(batch.bytes.count)
        bodyChecksum = CRC32C.checksum(batch.bytes)
        sequence = batch.sequence
        interval = batch.interval
        records = UInt32(batch.records)
        totals = batch.totals
        running = batch.running
        source = batch.source
    }

    /// Reads a header that is expected at `position`; `nil` if there is none, or a damaged one.
    init?(_ bytes: ArraySlice<UInt8>, at wanted: UInt64) {
        guard bytes.count >= Self.size, bytes.starts(with: Self.magic) else { return nil }
        var fields = SpoolFields(bytes.prefix(Self.size).dropFirst(4))
        let checksum: UInt32 = fields.next()
        guard CRC32C.checksum(bytes.prefix(Self.size).dropFirst(8)) == checksum else { return nil }
        bodyLength = fields.next()
        bodyChecksum = fields.next()
        counters = fields.next()
        drain = fields.next()
        part = fields.next()
        parts = fields.next()
        source = fields.next()
        sequence = fields.next()
        interval = Interval(start: fields.next(), end: fields.next())
        records = fields.next()
        _ = fields.next(UInt32.self)
        totals = fields.counters()
        running = fields.counters()
        position = fields.next()
        guard position == wanted, isPossible else { return nil }
    }

    /// False for numbers that no agent writes, whatever their checksum is: nothing that follows need expect them.
    private var isPossible: Bool {
        let number = WireLimits.numberBound
        return sequence < number && drain < number && totals.isBelow(number) && running.isBelow(WireLimits.runningBound)
            && interval.start < interval.end && interval.start >= WireLimits.earliest
            && interval.end <= WireLimits.latest
    }

    /// The header as it is written.
    var bytes: [UInt8] {
        var rest: [UInt8] = []
        rest.reserveCapacity(Self.size)
        rest.add(bodyLength)
        rest.add(bodyChecksum)
        rest.add(counters)
        rest.add(drain)
        rest.add(part)
        rest.add(parts)
        rest.add(source)
        rest.add(sequence)
        rest.add(interval.start)
        rest.add(interval.end)
        rest.add(records)
        rest.add(UInt32(0))
        rest.add(totals)
        rest.add(running)
        rest.add(position)
        var bytes = Self.magic
        bytes.add(CRC32C.checksum(rest))
        return bytes + rest
    }
}

extension FlowCounters {
    /// True if each of the four counters is below `bound`.
    func isBelow(_ bound: UInt64) -> Bool {
        max(egressBytes, ingressBytes, egressPackets, ingressPackets) < bound
    }
}
