// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why a part of the self-test could not be done.
enum SelfTestError: Error, Hashable, CustomStringConvertible {
    /// A system call failed.
    case failed(call: String, code: CInt)
    /// TCP sent segments again each time it was tried: the machine is too busy to compare.
    case repeated
    /// The interfaces' counters did not come to rest.
    case restless
    /// Ctrl-C.
    case interrupted

    /// The failure of `call` that `errno` tells.
    static func call(_ call: String) -> SelfTestError {
        .failed(call: call, code: errno)
    }

    var description: String {
        switch self {
        case .failed(let call, let code): "\(call): \(String(cString: strerror(code)))"
        case .repeated: "TCP sent segments again each time it was tried; try again when the node is less busy"
        case .restless: "the counters of the test's own interfaces did not come to rest"
        case .interrupted: "interrupted"
        }
    }
}
