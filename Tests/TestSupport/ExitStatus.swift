// SPDX-License-Identifier: Apache-2.0

/// How a process ended.
public enum ExitStatus: Hashable, Sendable {
    /// It ended by itself with this code; 0 is success.
    case code(Int32)
    /// This signal ended it.
    case signal(Int32)

    /// The status that `waitpid` reports as `word`.
    init(waitWord word: Int32) {
        self = word & 0x7f == 0 ? .code(word >> 8 & 0xff) : .signal(word & 0x7f)
    }
}
