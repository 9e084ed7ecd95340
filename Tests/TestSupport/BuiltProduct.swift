// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The programs that were built together with the tests.
public enum BuiltProduct {
    /// The path of the program `name`, which the build puts next to the tests.
    ///
    /// - Throws: ``LaunchError`` if it is not there, with the command that builds it.
    public static func path(_ name: String) throws -> String {
        var folder = try URL(fileURLWithPath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        for _ in 0..<4 {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent(name).path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw LaunchError("\(name) is not built: run swift build --product \(name)")
    }
}
