// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file of /proc, read whole.
///
/// The kernel gives such a file a page at a time, and Foundation takes the first short read for its end: of a long
/// mount table it would return the first part.
public enum ProcFile {
    /// The text of the file at `path`.
    ///
    /// - Throws: ``CaptureError`` with the system's reason if it cannot be opened or read.
    public static func read(_ path: String) throws(CaptureError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BPFObject.error(errno, "\(path) cannot be opened") }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw BPFObject.error(errno, "\(path) cannot be read") }
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text += buffer[..<count]
        }
    }
}
