// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Names of what a test makes on the machine, unique, and telling which process made it.
///
/// A test process that is killed leaves things behind; whoever finds a name whose process is gone may sweep it.
enum LabName {
    private static let prefix = "netledger-lab-"

    /// A new name: the prefix, this process's id and random digits.
    static func make() -> String {
        prefix + "\(getpid())-" + String(UInt32.random(in: .min ... .max), radix: 16)
    }

    /// Those entries of `folder` whose names were made by a process that no longer runs.
    static func abandoned(in folder: String) -> [String] {
        // No folder, nothing to sweep.
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return entries.filter { entry in
            guard entry.hasPrefix(prefix), let owner = pid_t(entry.dropFirst(prefix.count).prefix { $0 != "-" }) else {
                return false
            }
            return kill(owner, 0) != 0 && errno == ESRCH
        }
    }
}
