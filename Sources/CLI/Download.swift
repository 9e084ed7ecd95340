// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Queries

/// Takes a long answer, to standard output or into a file, and tells how far it is.
struct Download {
    /// What is asked for.
    let path: String
    /// With what.
    let parameters: [(name: String, value: String)]

    /// Bytes between two reports of progress.
    private static let stride: UInt64 = 1 << 20

    /// Writes the answer of `client` to the file `output`, or to standard output if there is none.
    ///
    /// The file is written under another name, and gets its own when it is whole. If standard error is a terminal
    /// and the answer goes elsewhere, the bytes so far are shown there.
    func run(from client: ClassifierClient, to output: String?) async throws {
        let shows = isatty(STDERR_FILENO) == 1 && (output != nil || !StandardOutput.isTerminal)
        var bytes: UInt64 = 0
        var shown: UInt64 = 0
        func count(_ piece: [UInt8]) {
            bytes += UInt64(piece.count)
            guard shows, bytes - shown >= Self.stride else { return }
            shown = bytes
            FileHandle.standardError.write(Data("\r\(ByteUnits.decimal.text(bytes)) ".utf8))
        }
        defer { if shown > 0 { FileHandle.standardError.write(Data("\r\(ByteUnits.decimal.text(bytes))\n".utf8)) } }
        guard let output else {
            try await client.stream(path, parameters) { piece in
                try StandardOutput.write(piece)
                count(piece)
            }
            return
        }
        let partial = output + ".part"
        guard FileManager.default.createFile(atPath: partial, contents: nil),
            let handle = FileHandle(forWritingAtPath: partial)
        else {
            throw CommandFailure("Cannot write \(partial).")
        }
        do {
            try await client.stream(path, parameters) { piece in
                try handle.write(contentsOf: piece)
                count(piece)
            }
            try handle.synchronize()
            try handle.close()
            guard rename(partial, output) == 0 else {
                throw CommandFailure("Cannot name \(partial) \(output): \(String(cString: strerror(errno))).")
            }
        } catch {
            // What is left is of no use; that it cannot be removed is no news beside the error.
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }
}
