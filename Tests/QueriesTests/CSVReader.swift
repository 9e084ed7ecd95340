// SPDX-License-Identifier: Apache-2.0

/// Reads RFC 4180 strictly: CR LF ends every record, a quote inside quotes is doubled.
struct CSVReader {
    struct Malformed: Error {
        var offset: Int
    }

    static func records(_ bytes: [UInt8]) throws -> [[String]] {
        let (quote, comma, cr, lf) = (UInt8(0x22), UInt8(0x2c), UInt8(0x0d), UInt8(0x0a))
        var records: [[String]] = []
        var record: [String] = []
        var index = 0
        while index < bytes.count {
            var cell: [UInt8] = []
            if bytes[index] == quote {
                index += 1
                while true {
                    guard index < bytes.count else { throw Malformed(offset: index) }
                    if bytes[index] != quote {
                        cell.append(bytes[index])
                        index += 1
                    } else if index + 1 < bytes.count, bytes[index + 1] == quote {
                        cell.append(quote)
                        index += 2
                    } else {
                        index += 1
                        break
                    }
                }
            } else {
                while index < bytes.count, bytes[index] != comma, bytes[index] != cr {
                    guard bytes[index] != quote, bytes[index] != lf else { throw Malformed(offset: index) }
                    cell.append(bytes[index])
                    index += 1
                }
            }
            record.append(String(decoding: cell, as: UTF8.self))
            guard index < bytes.count else { throw Malformed(offset: index) }
            if bytes[index] == comma {
                index += 1
            } else {
                guard bytes[index] == cr, index + 1 < bytes.count, bytes[index + 1] == lf else {
                    throw Malformed(offset: index)
                }
                index += 2
                records.append(record)
                record = []
            }
        }
        guard record.isEmpty else { throw Malformed(offset: index) }
        return records
    }
}
