// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why there are no figures.
package struct BenchmarkError: Error, CustomStringConvertible {
    /// What is wrong, as a sentence.
    package let description: String

    /// The failure that `description` tells.
    package init(_ description: String) {
        self.description = description
    }

    /// A failed system call: what does not work, and what `errno` says.
    package init(system what: String) {
        description = "\(what): \(String(cString: strerror(errno)))"
    }
}
