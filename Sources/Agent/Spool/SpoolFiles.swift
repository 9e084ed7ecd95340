// SPDX-License-Identifier: Apache-2.0

/// The files of one directory, as the spool uses them: a seam, so that tests can fail and kill at any step.
///
/// A write that throws may have written any part. Everything throws ``SpoolError``.
protocol SpoolFiles: Sendable {
    /// Names of all files.
    func list() throws -> [String]
    /// Size of a file in bytes.
    func size(of name: String) throws -> Int
    /// Up to `count` bytes from `offset`; fewer only at the end of the file.
    func read(_ name: String, at offset: Int, count: Int) throws -> [UInt8]
    /// Writes all of `bytes` at `offset`; makes the file if there is none.
    func write(_ bytes: [UInt8], to name: String, at offset: Int) throws
    /// Cuts a file off at `size`.
    func truncate(_ name: String, to size: Int) throws
    /// Makes durable what was written to a file.
    func sync(_ name: String) throws
    /// Makes durable which files there are.
    func syncDirectory() throws
    /// Removes a file.
    func remove(_ name: String) throws
}

/// Why the spool cannot be read or written, as a sentence that says what to do.
struct SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    /// An error that reads `description`.
    init(_ description: String) {
        self.description = description
    }
}
