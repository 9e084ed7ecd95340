// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What it takes to start a program.
struct Launch {
    /// The program, by name or path, and its arguments.
    var command: [String]
    /// Variables added to this process's own environment.
    var environment: [String: String] = [:]
    /// The working directory; this process's own if `nil`.
    var directory: String?
    /// Descriptor that becomes the standard output.
    var output: Int32
    /// Descriptor that becomes the standard error.
    var errors: Int32

    /// Starts the program in a process group of its own, with default signal handling.
    ///
    /// A test runner that was started in the background ignores `SIGINT`; its children must not inherit that.
    func start() throws -> pid_t {
        let command = directory.map { ["env", "--chdir=" + $0] + self.command } ?? self.command
        guard let name = command.first, let path = Executable.find(name) else {
            throw LaunchError("there is no program \(command.first ?? "")")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var processID: pid_t = 0
        let code = withCStrings(command) { arguments in
            withCStrings(variables) { posix_spawn(&processID, path, &actions, &attributes, arguments, $0) }
        }
        guard code == 0 else { throw LaunchError("cannot start \(path): \(String(cString: strerror(code)))") }
        return processID
    }

    private func withCStrings<Result>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        var pointers = copies + [nil]
        return body(&pointers)
    }
}

/// A program could not be started, or failed.
public struct LaunchError: Error, CustomStringConvertible {
    /// The program, and what it or the system said.
    public let description: String

    /// The failure that `description` tells.
    public init(_ description: String) {
        self.description = description
    }
}
