// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// Standard error: where people are told what is no part of the output.
enum StandardError {
    /// True if people see it as it is written.
    static var isTerminal: Bool {
        isatty(STDERR_FILENO) == 1
    }

    /// Writes a line.
    static func write(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// Writes `text` over the line that people see.
    static func show(_ text: String) {
        FileHandle.standardError.write(Data("\r\(text) ".utf8))
    }
}
