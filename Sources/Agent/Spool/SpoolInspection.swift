// SPDX-License-Identifier: Apache-2.0
import Traffic

/// What a spool holds, read without changing or locking anything: an agent may be using it.
struct SpoolInspection: Encodable {
    /// One file.
    struct Segment: Encodable {
        /// Its name.
        var name: String
        /// Its length in bytes.
        var bytes: Int
        /// Batches in it that were delivered, and that stay in case the ledger asks again.
        var kept = 0
        /// Batches in it that wait.
        var waiting = 0
        /// Places in it that cannot be read.
        var damaged = 0
    }

    /// Batches, and the bytes that they account for.
    struct Share: Encodable {
        /// Batches.
        var batches = 0
        /// Layer 3 bytes sent and received.
        var egressBytes: UInt64 = 0
        var ingressBytes: UInt64 = 0
        /// When the first interval began and the last ended, in nanoseconds since 1970-01-01T00:00:00Z.
        var oldest: Int64?
        var newest: Int64?
    }

    /// Files, oldest first.
    private(set) var segments: [Segment] = []
    /// What was delivered.
    private(set) var kept = Share()
    /// What waits.
    private(set) var waiting = Share()
    /// What will be booked as lost when its turn comes, by reason.
    private(set) var lost: [String: Share] = [:]
    /// Boot id and sequence of the last batch, if the spool knows.
    private(set) var lastSource: String?
    private(set) var lastSequence: UInt64?
    /// Why parts could not be looked at.
    private(set) var problems: [String] = []

    /// Bytes on disk.
    var bytes: Int {
        segments.reduce(0) { $0 + $1.bytes }
    }

    /// Looks at the spool in `files`.
    ///
    /// - Parameter horizon: Batches that ended before, in nanoseconds since 1970-01-01T00:00:00Z, are too old.
    /// - Throws: ``SpoolError`` if the directory cannot be read.
    init(_ files: some SpoolFiles, horizon: Int64) throws {
        let state = try SpoolState(reading: files)
        let settled = state?.settled ?? 0
        if let last = state?.last, last.counters != 0 {
            lastSource = String(last.sequence.bootID, radix: 16)
            lastSequence = last.sequence.last
        }
        var previous: Spool.Previous?
        for var segment in try files.list().compactMap(SpoolSegment.init(name:)).sorted(by: { $0.base < $1.base }) {
            do {
                segment.size = try files.size(of: segment.name)
                segments.append(try scan(segment, of: files, settled: settled, horizon: horizon, &previous))
            } catch let error as SpoolError {
                // A segment whose last batch was just delivered is gone.
                problems.append("\(error)")
            }
        }
    }

    private mutating func scan(
        _ segment: SpoolSegment,
        of files: some SpoolFiles,
        settled: UInt64,
        horizon: Int64,
        _ previous: inout Spool.Previous?
    ) throws -> Segment {
        var result = Segment(name: segment.name, bytes: segment.size)
        var position = segment.start
        while position < segment.end {
            let isWaiting = position >= settled
            switch try SpoolEntry.read(files, segment, at: position) {
            case .record(let record, _, let next):
                if let previous, previous.source == record.source, isWaiting {
                    // What no header explains shows in the running sum of the next batch.
                    let missing = record.running.subtracting(record.totals).subtracting(previous.running)
                    if !missing.isZero { lost[Spool.corrupt, default: Share()].add(missing) }
                }
                previous = Spool.Previous(record)
                if !isWaiting {
                    result.kept += 1
                    kept.add(record)
                } else {
                    result.waiting += 1
                    waiting.add(record)
                    if record.interval.end < horizon { lost[Spool.expired, default: Share()].add(record) }
                }
                position = next
            case .damage(let record, let next):
                result.damaged += 1
                if let record, isWaiting {
                    previous = Spool.Previous(record)
                    lost[Spool.corrupt, default: Share()].add(record)
                }
                position = next
            }
        }
        return result
    }
}

extension SpoolInspection.Share {
    fileprivate mutating func add(_ record: SpoolRecord) {
        batches += 1
        add(record.totals)
        oldest = min(oldest ?? .max, record.interval.start)
        newest = max(newest ?? .min, record.interval.end)
    }

    fileprivate mutating func add(_ counters: FlowCounters) {
        egressBytes += counters.egressBytes
        ingressBytes += counters.ingressBytes
    }
}
