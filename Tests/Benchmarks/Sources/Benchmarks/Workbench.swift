// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import TestSupport

/// What a benchmark works with: the programs, a directory, and the way to tell how far it is.
///
/// Everything it made is gone after ``clear()``, which also runs when the program is interrupted.
final class Workbench: Sendable {
    /// What the command line asks for.
    let options: BenchmarkOptions

    private let directory: String
    private let trash = Mutex<[@Sendable () -> Void]>([])

    /// A workbench with an empty directory.
    init(_ options: BenchmarkOptions) throws {
        self.options = options
        directory = options.directory + "/netledger-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    }

    /// The path of `name` in the workbench's directory.
    func file(_ name: String) -> String {
        directory + "/" + name
    }

    /// Starts a release binary; it ends with the workbench at the latest.
    func start(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        let log = file("\(program)-\(UUID().uuidString).log")
        let child = try ChildProcess([options.binaries + "/" + program] + arguments, outputPath: log)
        atEnd { child.kill() }
        return child
    }

    /// Has `action` done by ``clear()``, the last one first.
    func atEnd(_ action: @escaping @Sendable () -> Void) {
        trash.withLock { $0.append(action) }
    }

    /// Ends all programs and deletes the directory.
    func clear() {
        // The whole time under the lock: an interrupted run must not exit while another thread still clears.
        trash.withLock { trash in
            for action in trash.reversed() { action() }
            trash = []
            // A directory that is left over spoils no figure.
            try? FileManager.default.removeItem(atPath: directory)
        }
    }

    /// Writes a line to standard error.
    func tell(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// The number for a full run, or that for a quick one.
    func choose<Value>(_ full: Value, quick: Value) -> Value {
        options.isQuick ? quick : full
    }
}
