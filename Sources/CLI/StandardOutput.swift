// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc

/// Standard output, and what kind of place it is.
enum StandardOutput {
    /// True if people see it as it is written.
    static var isTerminal: Bool {
        isatty(STDOUT_FILENO) == 1
    }

    /// Rows and columns of the terminal, or `nil` if there is none or it does not tell.
    static var size: (rows: Int, columns: Int)? {
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_row > 0, window.ws_col > 0 else {
            return nil
        }
        return (Int(window.ws_row), Int(window.ws_col))
    }

    /// Writes all of `text` at once.
    static func write(_ text: String) throws {
        try write(Array(text.utf8))
    }

    /// Writes all of `bytes` at once.
    ///
    /// - Throws: `ExitCode` 141, without a message, if the reader has gone: what `head` and `less` do is no error
    ///   to tell. ``CommandFailure`` if it cannot be written.
    static func write(_ bytes: [UInt8]) throws {
        var start = 0
        while start < bytes.count {
            let written = bytes[start...].withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if written >= 0 {
                start += written
            } else if errno == EPIPE {
                throw ExitCode(128 + SIGPIPE)
            } else if errno != EINTR {
                throw CommandFailure("Cannot write to standard output: \(String(cString: strerror(errno))).")
            }
        }
    }
}
