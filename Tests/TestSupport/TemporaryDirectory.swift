// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A directory of a test's own, under the system's temporary directory.
public struct TemporaryDirectory: Sendable {
    /// Absolute path, without a slash at the end.
    public let path: String

    /// Makes an empty directory with a unique name; throws what the file system says.
    public init() throws {
        let root = FileManager.default.temporaryDirectory.standardizedFileURL.path
        path = root + "/netledger-test-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// The path of `name` inside the directory, whether it exists or not.
    public func file(_ name: String) -> String {
        path + "/" + name
    }

    /// Deletes the directory with everything in it; does nothing if it is gone.
    public func remove() {
        // A leftover in /tmp is no reason to fail a test that has passed.
        try? FileManager.default.removeItem(atPath: path)
    }
}
