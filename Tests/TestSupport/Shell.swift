// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Runs the machine's own tools: short commands whose whole output is wanted.
public enum Shell {
    /// Runs `command` to its end and gives its standard output.
    ///
    /// It blocks the calling thread, which is right for tools that answer in milliseconds.
    ///
    /// - Throws: ``LaunchError`` with the command and its standard error if it does not end with code 0.
    @discardableResult
    public static func run(_ command: [String]) throws -> String {
        let output = try CaptureFile()
        let errors = try CaptureFile()
        let processID = try Launch(command: command, output: output.descriptor, errors: errors.descriptor).start()
        var word: Int32 = 0
        while waitpid(processID, &word, 0) < 0 {
            guard errno == EINTR else { throw LaunchError("cannot wait for \(command)") }
        }
        guard ExitStatus(waitWord: word) == .code(0) else {
            let said = errors.text.isEmpty ? output.text : errors.text
            throw LaunchError("\(command.joined(separator: " ")) failed: \(said)")
        }
        return output.text
    }
}

/// A nameless file that collects what a tool writes.
private struct CaptureFile: ~Copyable {
    let descriptor: Int32

    init() throws {
        var template = Array("/tmp/netledger-capture-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            throw LaunchError("cannot make a file in /tmp: \(String(cString: strerror(errno)))")
        }
        unlink(template)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        close(descriptor)
    }

    var text: String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count)), count > 0 {
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
