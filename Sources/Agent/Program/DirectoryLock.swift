// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The right to use a directory, which one process holds at a time.
///
/// The kernel gives it back when the process ends, however it ends.
final class DirectoryLock: Sendable {
    private let descriptor: CInt

    /// Takes the lock on `path`, which is made if only its last part is missing.
    ///
    /// - Parameter flag: The setting that names the directory, for the error.
    /// - Throws: ``AgentError`` if another process has it, or if the directory cannot be made or opened.
    init(_ path: String, of flag: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw AgentError("\(flag): the directory \(path) cannot be made: \(String(cString: strerror(errno))).")
        }
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw AgentError("\(flag): the directory \(path) cannot be opened: \(String(cString: strerror(errno))).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            throw AgentError(
                code == EWOULDBLOCK
                    ? "\(flag): another agent uses \(path). Stop it first, or choose another directory."
                    : "\(flag): the directory \(path) cannot be locked: \(String(cString: strerror(code)))."
            )
        }
    }

    /// Lets others take it; must be called once.
    func release() {
        close(descriptor)
    }
}
