// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The fields of an SQLite file's first 100 bytes that tell whose file it is.
struct FileHeader {
    /// False if the file does not begin as every SQLite file does.
    let isSQLite: Bool
    /// `PRAGMA user_version`.
    let userVersion: Int32
    /// `PRAGMA application_id`.
    let applicationID: Int32

    private static let magic = Array("SQLite format 3\0".utf8)
    private static let size = 100

    /// Reads the header of the file at `path`; throws ``LedgerError`` if that cannot be read.
    init(path: String) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw LedgerError(.cannotOpen, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Self.size)
        let count = read(file, &bytes, Self.size)
        guard count >= 0 else {
            throw LedgerError(.cannotOpen, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        isSQLite = count == Self.size && bytes.starts(with: Self.magic)
        userVersion = Self.bigEndian(bytes, at: 60)
        applicationID = Self.bigEndian(bytes, at: 68)
    }

    private static func bigEndian(_ bytes: [UInt8], at offset: Int) -> Int32 {
        Int32(bitPattern: bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) })
    }
}
