// SPDX-License-Identifier: Apache-2.0

/// What stands at a position of a segment.
enum SpoolEntry: Hashable, Sendable {
    /// A record whose checksums are right, with its body; the next begins at `next`.
    case record(SpoolRecord, body: [UInt8], next: UInt64)
    /// Bytes up to `next` that are no whole record; if only its body is damaged, the header is known.
    case damage(SpoolRecord?, next: UInt64)

    /// Reads the entry at `position`, which is at or after the segment's start and before its end.
    ///
    /// - Throws: ``SpoolError`` if the file cannot be read.
    static func read(_ files: some SpoolFiles, _ segment: SpoolSegment, at position: UInt64) throws -> SpoolEntry {
        let offset = Int(position - segment.base)
        let rest = segment.size - offset
        let header = try files.read(segment.name, at: offset, count: min(SpoolRecord.size, rest))
        guard let record = SpoolRecord(header[...], at: position) else {
            return .damage(nil, next: try nextRecord(files, segment, after: position))
        }
        let length = Int(record.bodyLength)
        guard length <= rest - SpoolRecord.size else { return .damage(record, next: segment.end) }
        let next = position + UInt64(SpoolRecord.size + length)
        let body = try files.read(segment.name, at: offset + SpoolRecord.size, count: length)
        guard body.count == length, CRC32C.checksum(body) == record.bodyChecksum else {
            return .damage(record, next: next)
        }
        return .record(record, body: body, next: next)
    }

    /// Position of the first intact header after `position`, or the segment's end.
    private static func nextRecord(
        _ files: some SpoolFiles,
        _ segment: SpoolSegment,
        after position: UInt64
    ) throws -> UInt64 {
        let offset = Int(position - segment.base) + 1
        let bytes = try files.read(segment.name, at: offset, count: segment.size - offset)
        guard bytes.count >= SpoolRecord.size else { return segment.end }
        for index in 0...(bytes.count - SpoolRecord.size) where bytes[index] == SpoolRecord.magic[0] {
            let found = position + 1 + UInt64(index)
            if SpoolRecord(bytes[index...], at: found) != nil { return found }
        }
        return segment.end
    }
}
