// SPDX-License-Identifier: Apache-2.0
import Traffic
import Wire

/// What the spool knows besides its records: how far they are delivered, and how their numbering goes on.
///
/// It is written in turns to two slots of one file, so that a torn write leaves the one before.
struct SpoolState: Hashable, Sendable {
    /// Name of the file.
    static let file = "state"
    /// Length of a slot in bytes.
    static let slot = 4096

    /// The last drain that was kept.
    struct LastDrain: Hashable, Sendable {
        /// Identity of the counters.
        var counters: UInt128 = 0
        /// Number of the drain.
        var drain: UInt64 = 0
        /// Boot id and sequence of its last batch.
        var sequence = SourceSequence(bootID: 0, last: 0, running: .zero)

        /// True for the last record of the spool, unless the state, `other`, knows of a later drain that was delivered
        /// and removed.
        func isNewer(than other: LastDrain) -> Bool {
            counters == other.counters ? drain > other.drain : counters != 0
        }
    }

    /// Raised with every write.
    var generation: UInt64 = 0
    /// What stands before this position is delivered, or given up.
    var settled: UInt64 = 0
    /// The last drain that was kept.
    var last = LastDrain()

    /// The state of an empty spool.
    init() {}

    /// Reads the newer of the two slots; `nil` if there is none.
    init?(reading files: some SpoolFiles) throws {
        guard try files.list().contains(Self.file) else { return nil }
        let slots = try (0..<2).map { try files.read(Self.file, at: $0 * Self.slot, count: Self.slot) }
        guard let newest = slots.compactMap(Self.init(slot:)).max(by: { $0.generation < $1.generation }) else {
            return nil
        }
        self = newest
    }

    private init?(slot: [UInt8]) {
        var fields = SpoolFields(slot)
        let checksum: UInt32 = fields.next()
        let length = Int(fields.next(UInt32.self))
        guard fields.isComplete, length <= slot.count - 8 else { return nil }
        guard CRC32C.checksum(slot.dropFirst(8).prefix(length)) == checksum else { return nil }
        fields = SpoolFields(slot.dropFirst(8).prefix(length))
        generation = fields.next()
        settled = fields.next()
        last.counters = fields.next()
        last.drain = fields.next()
        last.sequence = SourceSequence(bootID: fields.next(), last: fields.next(), running: fields.counters())
        guard fields.isComplete, fields.isAtEnd, (1...UInt64.max / 2).contains(generation),
            settled < SpoolSegment.positionBound, last.drain < WireLimits.numberBound,
            last.sequence.last < WireLimits.numberBound, last.sequence.running.isBelow(WireLimits.runningBound)
        else { return nil }
    }

    /// Writes the state to the slot whose turn it is.
    ///
    /// - Parameter isDurable: Whether it must survive a power cut, and not only the process.
    func write(_ files: some SpoolFiles, isDurable: Bool) throws {
        var rest: [UInt8] = []
        rest.add(generation)
        rest.add(settled)
        rest.add(last.counters)
        rest.add(last.drain)
        rest.add(last.sequence.bootID)
        rest.add(last.sequence.last)
        rest.add(last.sequence.running)
        var bytes: [UInt8] = []
        bytes.add(CRC32C.checksum(rest))
        bytes.add(UInt32(rest.count))
        try files.write(bytes + rest, to: Self.file, at: Int(generation & 1) * Self.slot)
        if isDurable { try files.sync(Self.file) }
    }
}
