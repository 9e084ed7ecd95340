// SPDX-License-Identifier: Apache-2.0
import Capture
import Traffic

/// What a spool holds when a process takes it up, after its end was put in order.
///
/// The kernel decides about the last drain. If it is not committed there, the counters still hold its bytes: then the
/// drain counts only if all of its batches are intact, and else is cut off, to be drained again. Everything that is
/// damaged and that the counters no longer hold stays where it is, and is booked as lost when its turn comes.
struct SpoolRecovery {
    /// Files with records that may be needed, oldest first.
    private(set) var segments: [SpoolSegment] = []
    /// The state, brought up to date with the records.
    private(set) var state = SpoolState()
    /// The last drain that is stored; its counters are 0 if none is known.
    private(set) var stored = SpoolState.LastDrain()
    /// How numbering goes on; `nil` if the spool cannot tell.
    private(set) var sequence: SourceSequence?
    /// Sum over the batches that wait.
    private(set) var waiting = FlowCounters.zero
    /// Batches that wait.
    private(set) var batches = 0
    /// The last record before those that wait, if it is still here.
    private(set) var previous: Spool.Previous?
    /// 1 if the end was cut off, because a crash had left it unfinished or because it cannot be read.
    private(set) var torn = 0

    /// The last drain in the spool, if the kernel has not committed it.
    private struct OpenDrain {
        var number: UInt64
        var start: UInt64
        var parts: UInt32
        var found: UInt32 = 0
        var isIntact = true
        /// What waits before it, and the drain before it.
        var waiting: FlowCounters
        var batches: Int
        var last: SpoolState.LastDrain
    }

    private var counters: [CounterState]
    private var open: OpenDrain?
    private var last = SpoolState.LastDrain()
    /// Where the bytes begin, at the end of the last segment, that no header explains.
    private var unexplained: UInt64?

    /// Reads the spool in `files`, and cuts its end off where it is unfinished.
    ///
    /// - Parameter counters: The kernel's counters as the process found them: those it drains, and those they take over.
    /// - Throws: ``SpoolError`` if the files cannot be read, or written, or are of a newer release.
    init(_ files: some SpoolFiles, counters: [CounterState]) throws {
        self.counters = counters
        let found = try SpoolState(reading: files)
        state = found ?? SpoolState()
        segments = try files.list().compactMap(SpoolSegment.init(name:)).sorted { $0.base < $1.base }
        for index in segments.indices { try measure(index, files) }
        segments.removeAll { $0.size == 0 }
        for index in segments.indices { try scan(index, files) }
        try finishEnd(files)
        // Nothing is known of what stood before the first record: it was settled, and its file removed.
        state.settled = max(state.settled, segments.first?.base ?? 0)
        stored = last.isNewer(than: state.last) ? last : state.last
        // What cannot be read at the end was numbered, too: only the state knows how.
        let isKnown = torn == 0 || found?.last == state.last
        sequence = isKnown && stored.counters == counters.first?.bootID ? stored.sequence : nil
        state.last = stored
        state.generation += 1
        try state.write(files, isDurable: true)
        try files.syncDirectory()
    }

    /// Position after the last byte.
    var end: UInt64 {
        max(segments.last?.end ?? 0, state.settled)
    }

    private mutating func measure(_ index: Int, _ files: some SpoolFiles) throws {
        let name = segments[index].name
        segments[index].size = try files.size(of: name)
        let header = try files.read(name, at: 0, count: SpoolSegment.headerSize)
        if let version = SpoolSegment.version(of: header), version != SpoolSegment.version {
            throw SpoolError(
                "--spool: \(name) has version \(version) of the format, and this release reads version "
                    + "\(SpoolSegment.version). Start the release that wrote it, until the spool is empty."
            )
        }
        // A write that failed may have left more than was made part of the spool.
        if index > 0, segments[index - 1].end > segments[index].base {
            segments[index - 1].size = Int(segments[index].base - segments[index - 1].base)
        }
    }

    private mutating func scan(_ index: Int, _ files: some SpoolFiles) throws {
        let segment = segments[index]
        var position = segment.start
        unexplained = nil
        while position < segment.end {
            unexplained = nil
            switch try SpoolEntry.read(files, segment, at: position) {
            case .record(let record, _, let next):
                add(record, at: position, isIntact: true)
                segments[index].newest = max(segments[index].newest, record.interval.end)
                position = next
            case .damage(let record?, let next):
                add(record, at: position, isIntact: false)
                position = next
            case .damage(nil, let next):
                open?.isIntact = false
                unexplained = position
                position = next
            }
        }
    }

    private mutating func add(_ record: SpoolRecord, at position: UInt64, isIntact: Bool) {
        let isOpen = counters.contains { $0.bootID == record.counters && $0.committed < record.drain }
        if isOpen, open?.number != record.drain {
            open = OpenDrain(
                number: record.drain,
                start: position,
                parts: record.parts,
                waiting: waiting,
                batches: batches,
                last: last
            )
        }
        if isOpen {
            if !isIntact || record.part != open?.found { open?.isIntact = false }
            open?.found += 1
        }
        if position >= state.settled {
            waiting += record.totals
            batches += 1
        } else {
            previous = Spool.Previous(record)
        }
        last = SpoolState.LastDrain(
            counters: record.counters,
            drain: record.drain,
            sequence: SourceSequence(bootID: record.source, last: record.sequence, running: record.running)
        )
    }
}

extension SpoolRecovery {
    /// Cuts off what the kernel holds all the same, or what nobody can read.
    private mutating func finishEnd(_ files: some SpoolFiles) throws {
        var end = unexplained
        let isWhole = open.map { $0.isIntact && $0.found == $0.parts && $0.number == state.last.drain } ?? false
        if !isWhole, counters.contains(where: { $0.bootID == state.last.counters && $0.committed < state.last.drain }) {
            // The state knows of a drain that the kernel holds all the same, and that is not whole here.
            state.last = open?.last ?? last
        }
        if let open, !open.isIntact || open.found != open.parts {
            waiting = open.waiting
            batches = open.batches
            last = open.last
            end = open.start
        }
        guard let end, let index = segments.lastIndex(where: { $0.base <= end }) else { return }
        torn = 1
        segments[index].size = Int(end - segments[index].base)
        try files.truncate(segments[index].name, to: segments[index].size)
        try files.sync(segments[index].name)
        if index < segments.count - 1 { try recount(files) }
    }

    /// Counts what is left once more, and cuts nothing off: there was something behind the end.
    ///
    /// An agent begins no segment behind a drain that is not final, but what a disk gives back is another matter.
    private mutating func recount(_ files: some SpoolFiles) throws {
        counters = []
        open = nil
        (waiting, batches, previous) = (.zero, 0, nil)
        last = SpoolState.LastDrain()
        for index in segments.indices { try scan(index, files) }
    }
}
