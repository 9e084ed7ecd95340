// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Synchronization

/// A program that a test started; it does not outlive this object.
///
/// Standard output and standard error go to one file, in the order they were written, so that a failure can
/// show what the program said.
public final class ChildProcess: Sendable {
    /// The process id, which is also the id of its process group.
    public let processID: pid_t
    /// The file that receives standard output and standard error.
    public let outputPath: String

    private let command: [String]
    private let ended = Mutex<ExitStatus?>(nil)

    /// Starts `command`, the program's name or path with its arguments.
    ///
    /// - Parameters:
    ///   - command: The program is looked up in `PATH` and in the administrator's folders.
    ///   - environment: Variables added to the test's own.
    ///   - directory: Working directory; the test's own if `nil`.
    ///   - outputPath: File for standard output and standard error; it is appended to.
    /// - Throws: ``LaunchError`` if there is no such program or it cannot be started.
    public init(
        _ command: [String],
        environment: [String: String] = [:],
        directory: String? = nil,
        outputPath: String
    ) throws {
        let descriptor = open(outputPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LaunchError("cannot write \(outputPath): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let launch = Launch(
            command: command,
            environment: environment,
            directory: directory,
            output: descriptor,
            errors: descriptor
        )
        self.command = command
        self.outputPath = outputPath
        processID = try launch.start()
    }

    deinit {
        kill()
    }

    /// Everything the program has written so far.
    public var output: String {
        // A file that cannot be read has nothing to show.
        String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: outputPath))) ?? Data(), as: UTF8.self)
    }

    /// How the program ended, or `nil` while it runs.
    public var exitStatus: ExitStatus? {
        ended.withLock { reap(&$0, options: WNOHANG) }
    }

    /// Sends `signal` to the program alone; does nothing if it has ended.
    public func signal(_ signal: Int32) {
        ended.withLock { status in
            if reap(&status, options: WNOHANG) == nil { _ = Glibc.kill(processID, signal) }
        }
    }

    /// Ends the program and its process group at once (`SIGKILL`), and waits for it.
    public func kill() {
        ended.withLock { status in
            // While the program is not reaped its group id cannot belong to anybody else.
            guard reap(&status, options: WNOHANG) == nil else { return }
            _ = Glibc.kill(-processID, SIGKILL)
            _ = reap(&status, options: 0)
        }
    }

    /// Waits for the program to end by itself.
    ///
    /// - Throws: ``DeadlineError`` with the program's output if it still runs after `limit`.
    @discardableResult
    public func waitForExit(within limit: Duration = .seconds(60)) async throws -> ExitStatus {
        try await explained { try await waitUntil("\(command) ends", within: limit) { exitStatus != nil } }
        // The wait above ends only when there is a status.
        return exitStatus ?? .code(-1)
    }

    /// Waits for the program to end with code 0.
    ///
    /// - Throws: ``LaunchError`` with the program's output for any other end, ``DeadlineError`` after `limit`.
    public func waitForSuccess(within limit: Duration = .seconds(60)) async throws {
        let status = try await waitForExit(within: limit)
        guard status == .code(0) else { throw LaunchError("\(command) ended with \(status): \(output)") }
    }

    /// Waits until the program has written a whole line that contains `text`, and gives that line.
    ///
    /// - Throws: ``LaunchError`` if the program ends without it, ``DeadlineError`` after `limit`; both with
    ///   the program's output.
    @discardableResult
    public func waitForLine(containing text: String, within limit: Duration = .seconds(30)) async throws -> String {
        var line: Substring?
        try await explained {
            try await waitUntil("\(command) writes \"\(text)\"", within: limit) {
                let running = exitStatus == nil
                line = output.split(separator: "\n").first { $0.contains(text) }
                if line == nil, !running {
                    throw LaunchError("\(command) ended without writing \"\(text)\": \(output)")
                }
                return line != nil
            }
        }
        return line.map(String.init) ?? ""
    }

    private func explained(_ wait: () async throws -> Void) async throws {
        do {
            try await wait()
        } catch let error as DeadlineError {
            throw DeadlineError("\(error.description)\noutput: \(output)")
        }
    }

    private func reap(_ status: inout ExitStatus?, options: Int32) -> ExitStatus? {
        if status == nil {
            var word: Int32 = 0
            var result: pid_t
            repeat { result = waitpid(processID, &word, options) } while result < 0 && errno == EINTR
            if result == processID { status = ExitStatus(waitWord: word) }
        }
        return status
    }
}
