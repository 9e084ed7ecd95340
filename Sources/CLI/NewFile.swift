// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// A file that is written under another name, and gets its own when it is whole.
struct NewFile {
    private let path: String
    private let partial: String
    private let handle: FileHandle

    /// A file that will be at `path`, over whatever is there.
    ///
    /// - Throws: ``CommandFailure`` if nothing can be written there.
    init(_ path: String) throws {
        self.path = path
        partial = path + ".part"
        guard FileManager.default.createFile(atPath: partial, contents: nil),
            let handle = FileHandle(forWritingAtPath: partial)
        else {
            throw CommandFailure("Cannot write \(partial).")
        }
        self.handle = handle
    }

    /// Appends `bytes`.
    func write(_ bytes: [UInt8]) throws {
        try handle.write(contentsOf: bytes)
    }

    /// Gives the file its name, once its content is on disk.
    func finish() throws {
        try handle.synchronize()
        try handle.close()
        guard rename(partial, path) == 0 else {
            throw CommandFailure("Cannot name \(partial) \(path): \(String(cString: strerror(errno))).")
        }
    }

    /// Removes what was written so far.
    func discard() {
        // What is left is of no use; that it cannot be removed is no news beside the error.
        try? handle.close()
        try? FileManager.default.removeItem(atPath: partial)
    }
}
