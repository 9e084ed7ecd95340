// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why nothing, or not everything, was moved.
enum GeneratorError: Error, CustomStringConvertible {
    /// The command line makes no sense.
    case usage(String)
    /// A system call failed with this `errno`.
    case system(call: String, code: Int32)
    /// The peer sent another number of bytes, or other bytes, than agreed.
    case mismatch(String)

    /// The failure of `call` that `errno` describes.
    static func last(_ call: String) -> GeneratorError {
        .system(call: call, code: errno)
    }

    var description: String {
        switch self {
        case .usage(let text): text
        case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
        case .mismatch(let text): text
        }
    }
}
