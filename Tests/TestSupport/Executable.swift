// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Where programs are found on this machine.
enum Executable {
    /// Folders with the programs of an administrator, which a user's `PATH` may lack.
    private static let systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    /// The path of `name`, which is a path already if it contains a slash; `nil` if there is no such program.
    static func find(_ name: String) -> String? {
        let manager = FileManager.default
        guard !name.contains("/") else { return manager.isExecutableFile(atPath: name) ? name : nil }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + systemFolders
        return folders.lazy.map { $0 + "/" + name }.first { manager.isExecutableFile(atPath: $0) }
    }
}
