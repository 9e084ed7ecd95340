// SPDX-License-Identifier: Apache-2.0

/// One file of the spool: a header, then records; named by the position of its first byte.
///
/// A position is a number of bytes since the spool was begun: it never comes again.
struct SpoolSegment: Hashable, Sendable {
    /// Length of a segment's header in bytes: magic, version, CRC32C of both.
    static let headerSize = 16
    /// The format that this program reads and writes.
    static let version: UInt32 = 2

    private static let magic: [UInt8] = Array("NLspool\n".utf8)
    private static let prefix = "segment-"
    /// Positions lie below this: more than any disk has held.
    static let positionBound: UInt64 = 1 << 60

    /// Position of the first byte.
    var base: UInt64
    /// Length in bytes.
    var size: Int
    /// When the latest interval in it ended; not known before its records were read.
    var newest = Int64.min

    /// Position after the last byte.
    var end: UInt64 { base + UInt64(size) }

    /// Position of the first record.
    var start: UInt64 { base + UInt64(Self.headerSize) }

    /// The file's name; names sort as positions do.
    var name: String {
        let digits = String(base, radix: 16)
        return Self.prefix + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// A segment of `size` bytes at `base`.
    init(base: UInt64, size: Int) {
        self.base = base
        self.size = size
    }

    /// The empty segment that a file's name stands for; `nil` if it is no segment's.
    init?(name: String) {
        guard name.hasPrefix(Self.prefix), let base = UInt64(name.dropFirst(Self.prefix.count), radix: 16),
            base < Self.positionBound
        else { return nil }
        self.init(base: base, size: 0)
        guard self.name == name else { return nil }
    }

    /// The header of a new segment.
    static var header: [UInt8] {
        var bytes = magic
        bytes.add(version)
        bytes.add(CRC32C.checksum(bytes))
        return bytes
    }

    /// The version in a header; `nil` if it is damaged.
    static func version(of header: [UInt8]) -> UInt32? {
        guard header.starts(with: magic) else { return nil }
        var fields = SpoolFields(header.dropFirst(magic.count))
        let version: UInt32 = fields.next()
        let checksum: UInt32 = fields.next()
        return fields.isComplete && checksum == CRC32C.checksum(header.prefix(magic.count + 4)) ? version : nil
    }
}
