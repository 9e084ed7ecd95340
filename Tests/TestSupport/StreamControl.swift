// SPDX-License-Identifier: Apache-2.0
import Glibc

/// SCTP, which not every kernel has.
public enum StreamControl {
    /// Its IP protocol number.
    public static let number: Int32 = 132

    /// True if this kernel opens SCTP sockets.
    public static let isAvailable: Bool = {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), number)
        if descriptor >= 0 { close(descriptor) }
        return descriptor >= 0
    }()
}
