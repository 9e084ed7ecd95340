// SPDX-License-Identifier: Apache-2.0
import Synchronization

#if !LINKED_SOURCES
@testable import Agent
#endif

/// A spool's directory in memory.
final class MemoryDisk: SpoolFiles {
    private let state = Mutex<[String: [UInt8]]>([:])

    /// The files' content.
    var files: [String: [UInt8]] {
        get { state.withLock(\.self) }
        set { state.withLock { $0 = newValue } }
    }

    func list() throws -> [String] {
        Array(files.keys)
    }

    func size(of name: String) throws -> Int {
        try content(name).count
    }

    func read(_ name: String, at offset: Int, count: Int) throws -> [UInt8] {
        Array(try content(name).dropFirst(offset).prefix(count))
    }

    func write(_ bytes: [UInt8], to name: String, at offset: Int) throws {
        state.withLock { files in
            var file = files[name] ?? []
            let end = offset + bytes.count
            if file.count < end { file += [UInt8](repeating: 0, count: end - file.count) }
            file.replaceSubrange(offset..<end, with: bytes)
            files[name] = file
        }
    }

    func truncate(_ name: String, to size: Int) throws {
        state.withLock { files in files[name] = files[name].map { Array($0.prefix(size)) } }
    }

    func sync(_: String) throws {}

    func syncDirectory() throws {}

    func remove(_ name: String) throws {
        state.withLock { $0[name] = nil }
    }

    private func content(_ name: String) throws -> [UInt8] {
        guard let file = files[name] else { throw SpoolError("\(name) is not there") }
        return file
    }
}
