// SPDX-License-Identifier: Apache-2.0
import Foundation
import Queries
import Subprocess
import Synchronization
import SystemPackage

/// A program of the plan as a child process, in a process group of its own.
///
/// Ctrl-C on the terminal goes to this process alone, which then stops the children in the right order.
final class RunningProgram: Sendable {
    private let command: RunPlan.Command
    private let life = Mutex(Life.starting(asked: nil))

    /// Where the program's log begins in its file, which is appended to.
    private let logStart: UInt64

    /// What a signal finds.
    private enum Life {
        /// No process yet; it gets the signal that was asked for when there is one.
        case starting(asked: Request?)
        case running(@Sendable (Request) -> Void)
        case ended
    }

    /// The two ways to end a program.
    private enum Request {
        case stop
        case kill
    }

    /// A program that does not run yet; its log file exists from now on.
    ///
    /// - Throws: ``CommandFailure`` if its log cannot be written.
    init(_ command: RunPlan.Command) throws {
        self.command = command
        do {
            let file = try FileDescriptor.open(
                FilePath(command.log),
                .writeOnly,
                options: [.create, .append],
                permissions: [.ownerReadWrite, .groupRead, .otherRead]
            )
            logStart = UInt64(try file.closeAfter { try file.seek(offset: 0, from: .end) })
        } catch {
            throw CommandFailure("Cannot write the log \(command.log): \(error). Choose another directory with --logs.")
        }
    }

    /// Runs the program until it ends by itself or is told to; a cancelled task stops it.
    ///
    /// - Parameter stopWithin: What a cancelled task grants it before it is killed.
    func run(stopWithin: Duration) async -> ProgramEnd {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: stopWithin)]
        do {
            let log = try FileDescriptor.open(FilePath(command.log), .writeOnly, options: .append)
            let result = try await Subprocess.run(
                .path(FilePath(command.path)),
                arguments: Arguments(command.arguments),
                platformOptions: options,
                input: .none,
                output: .fileDescriptor(log, closeAfterSpawningProcess: true),
                error: .combinedWithOutput
            ) { execution in
                let send: @Sendable (Request) -> Void = { request in
                    // A process that has just ended takes no signal, and needs none.
                    switch request {
                    case .stop: try? execution.send(signal: .terminate)
                    case .kill: try? execution.send(signal: .kill, toProcessGroup: true)
                    }
                }
                life.withLock { life in
                    if case .starting(let asked?) = life { send(asked) }
                    life = .running(send)
                }
            }
            life.withLock { $0 = .ended }
            return switch result.terminationStatus {
            case .exited(let code): .exited(code: code)
            case .signaled(let signal): .signalled(signal)
            }
        } catch {
            return .notStarted(reason: "\(error)")
        }
    }

    /// Asks the program to stop (`SIGTERM`).
    func stop() {
        request(.stop)
    }

    /// Ends the program and everything in its group (`SIGKILL`).
    func kill() {
        request(.kill)
    }

    private func request(_ request: Request) {
        life.withLock { life in
            switch life {
            case .starting: life = .starting(asked: request)
            case .running(let send): send(request)
            case .ended: break
            }
        }
    }

    /// The last lines that the program wrote since it was started.
    func logTail(lines: Int) -> [String] {
        // A log that cannot be read back has nothing to show; its path is in the message beside it.
        guard let file = FileHandle(forReadingAtPath: command.log), let end = try? file.seekToEnd(),
            (try? file.seek(toOffset: max(logStart, end < 65_536 ? 0 : end - 65_536))) != nil,
            let data = try? file.readToEnd()
        else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").suffix(lines).map { String($0).printable }
    }
}
