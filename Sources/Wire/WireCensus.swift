// SPDX-License-Identifier: Apache-2.0

/// What a serialised FlowBatch holds, counted without allocating.
///
/// Two bytes of a hostile body can claim an owner of a hundred, one byte a counter of eight. So the elements are
/// counted on the bytes first, and only a body within the limits reaches the decoder.
struct WireCensus {
    /// Value of `schema_version`, 0 if absent.
    private(set) var schemaVersion: UInt32 = 0
    /// Messages of `owners`.
    private(set) var owners = 0
    /// Messages of `losses`.
    private(set) var losses = 0
    /// Messages of `maps`.
    private(set) var maps = 0
    /// Elements of each column of `flows`, by field number less one.
    private(set) var columns: [9 of Int] = .init(repeating: 0)

    /// Names of the columns of `flows`, by field number less one.
    static let columnNames = [
        "owner", "remote_v4", "remote_v6", "service_port", "key_bits", "egress_bytes", "ingress_bytes",
        "egress_packets", "ingress_packets",
    ]

    /// Counts the elements of `bytes`.
    ///
    /// - Throws: ``WireError/malformed(reason:)`` if a tag, a varint or a length runs past the end.
    init(_ bytes: [UInt8]) throws(WireError) {
        var cursor = Cursor(bytes: bytes, position: 0, end: bytes.count)
        while let field = try cursor.next() {
            switch (field.number, field.payload) {
            case (1, .varint(let value)): schemaVersion = UInt32(truncatingIfNeeded: value)
            case (10, .bytes): owners += 1
            case (11, .bytes(let range)): try countColumns(bytes, range)
            case (12, .bytes): losses += 1
            case (13, .bytes): maps += 1
            default: break
            }
        }
    }

    /// Counts the messages of `skipped` and `batches` in a serialised Delivery.
    ///
    /// - Throws: ``WireError/malformed(reason:)`` if a tag, a varint or a length runs past the end.
    static func delivery(_ bytes: [UInt8]) throws(WireError) -> (skipped: Int, batches: Int) {
        var cursor = Cursor(bytes: bytes, position: 0, end: bytes.count)
        var count = (skipped: 0, batches: 0)
        while let field = try cursor.next() {
            switch (field.number, field.payload) {
            case (20, .bytes): count.skipped += 1
            case (21, .bytes): count.batches += 1
            default: break
            }
        }
        return count
    }

    private mutating func countColumns(_ bytes: [UInt8], _ range: Range<Int>) throws(WireError) {
        var cursor = Cursor(bytes: bytes, position: range.lowerBound, end: range.upperBound)
        while let field = try cursor.next() {
            guard (1...9).contains(field.number) else { continue }
            let column = field.number - 1
            guard case .bytes(let packed) = field.payload else {
                columns[column] += 1  // protobuf lets a writer send a repeated number element by element
                continue
            }
            switch field.number {
            case 2: columns[column] += packed.count / 4
            case 3: columns[column] += packed.count / 8
            default: columns[column] += Self.varints(bytes, packed)
            }
        }
    }

    /// Varints in a range of bytes: each ends with a byte whose top bit is clear.
    private static func varints(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
        var count = 0
        for byte in bytes[range] {
            count &+= Int(truncatingIfNeeded: (byte >> 7) ^ 1)
        }
        return count
    }
}

extension WireCensus {
    private enum Payload {
        case varint(UInt64)
        case bytes(Range<Int>)
        case fixed
    }

    private struct Field {
        var number: Int
        var payload: Payload
    }

    /// Walks the fields of one message.
    private struct Cursor {
        let bytes: [UInt8]
        var position: Int
        let end: Int

        /// The next field, or `nil` at the message's end.
        mutating func next() throws(WireError) -> Field? {
            guard position < end else { return nil }
            let start = position
            let tag = try varint()
            guard (8...UInt64(UInt32.max)).contains(tag) else {
                throw .malformed(reason: "the tag at byte \(start) is not a field's")
            }
            let number = Int(tag >> 3)
            switch tag & 7 {
            case 0:
                return Field(number: number, payload: .varint(try varint()))
            case 1:
                _ = try take(8, from: start)
                return Field(number: number, payload: .fixed)
            case 2:
                let length = try varint()
                return Field(number: number, payload: .bytes(try take(length, from: start)))
            case 5:
                _ = try take(4, from: start)
                return Field(number: number, payload: .fixed)
            default:
                throw .malformed(reason: "the field at byte \(start) has wire type \(tag & 7)")
            }
        }

        private mutating func take(_ length: UInt64, from start: Int) throws(WireError) -> Range<Int> {
            guard length <= UInt64(end - position) else {
                throw .malformed(
                    reason: "the field at byte \(start) claims \(length) bytes and \(end - position) are left"
                )
            }
            let range = position..<position + Int(length)
            position = range.upperBound
            return range
        }

        private mutating func varint() throws(WireError) -> UInt64 {
            let start = position
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while position < end, shift < 70 {
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 0x7f) << shift
                guard byte & 0x80 != 0 else { return value }
                shift += 7
            }
            throw .malformed(reason: "the number at byte \(start) does not end")
        }
    }
}
