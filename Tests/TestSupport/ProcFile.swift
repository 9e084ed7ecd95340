// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file of /proc, whole.
///
/// The kernel gives such a file a page at a time, and Foundation takes the first short read for its end.
enum ProcFile {
    /// The text of the file.
    ///
    /// - Throws: ``LabSocket/Failure`` if it cannot be opened or read.
    static func read(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LabSocket.Failure("open \(path)") }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw LabSocket.Failure("read \(path)") }
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text += buffer[..<count]
        }
    }
}
