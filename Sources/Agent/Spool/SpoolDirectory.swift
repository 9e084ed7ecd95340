// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A directory on disk.
struct SpoolDirectory: SpoolFiles {
    /// Path of the directory.
    let path: String

    func list() throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw SpoolError("--spool: the directory \(path) cannot be listed: \(error.localizedDescription).")
        }
    }

    func size(of name: String) throws -> Int {
        try open(name, O_RDONLY) { descriptor in
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw failure("read", name) }
            return Int(status.st_size)
        }
    }

    func read(_ name: String, at offset: Int, count: Int) throws -> [UInt8] {
        try open(name, O_RDONLY) { descriptor in
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw failure("read", name) }
            let wanted = max(0, min(count, Int(status.st_size) - offset))
            var bytes = [UInt8](repeating: 0, count: wanted)
            var done = 0
            while done < wanted {
                let got = bytes.withUnsafeMutableBytes {
                    pread(descriptor, $0.baseAddress?.advanced(by: done), wanted - done, off_t(offset + done))
                }
                if got < 0, errno == EINTR { continue }
                guard got >= 0 else { throw failure("read", name) }
                guard got > 0 else { break }
                done += got
            }
            bytes.removeLast(wanted - done)
            return bytes
        }
    }

    func write(_ bytes: [UInt8], to name: String, at offset: Int) throws {
        try open(name, O_WRONLY | O_CREAT) { descriptor in
            var done = 0
            while done < bytes.count {
                let put = bytes.withUnsafeBytes {
                    pwrite(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset + done))
                }
                if put < 0, errno == EINTR { continue }
                guard put > 0 else { throw failure("written", name) }
                done += put
            }
        }
    }

    func truncate(_ name: String, to size: Int) throws {
        try open(name, O_WRONLY) { guard ftruncate($0, off_t(size)) == 0 else { throw failure("cut off", name) } }
    }

    func sync(_ name: String) throws {
        try open(name, O_RDONLY) { guard fsync($0) == 0 else { throw failure("made durable", name) } }
    }

    func syncDirectory() throws {
        try open(".", O_RDONLY | O_DIRECTORY) { guard fsync($0) == 0 else { throw failure("made durable", ".") } }
    }

    func remove(_ name: String) throws {
        guard unlink(path + "/" + name) == 0 else { throw failure("removed", name) }
    }

    private func open<Result>(_ name: String, _ flags: CInt, _ body: (CInt) throws -> Result) throws -> Result {
        let descriptor = Glibc.open(path + "/" + name, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("opened", name) }
        defer { close(descriptor) }
        return try body(descriptor)
    }

    private func failure(_ what: String, _ name: String) -> SpoolError {
        SpoolError("--spool: \(path)/\(name) cannot be \(what): \(String(cString: strerror(errno))).")
    }
}
