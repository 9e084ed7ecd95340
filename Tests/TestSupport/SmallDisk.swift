// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A file system of a few MiB that can be full, or read-only.
public final class SmallDisk: Sendable {
    private let mount: TemporaryDirectory

    /// An empty one of so many MiB; takes root.
    ///
    /// - Throws: ``LaunchError`` if it cannot be mounted.
    public init(mebibytes: Int = 64) throws {
        mount = try TemporaryDirectory()
        try Shell.run(["mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", mount.path])
    }

    deinit {
        // The directory is removed all the same, or stays in /tmp and says so.
        _ = try? Shell.run(["umount", "-l", mount.path])
        mount.remove()
    }

    /// The path of `name` on it.
    public func file(_ name: String) -> String {
        mount.file(name)
    }

    /// Takes all the room that is left.
    ///
    /// - Throws: ``LaunchError`` if not even an empty file can be made.
    public func fill() throws {
        let descriptor = open(file("ballast"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LaunchError("no ballast on \(mount.path)") }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
    }

    /// Gives the room back.
    public func empty() {
        unlink(file("ballast"))
    }

    /// Makes it read-only, or not; false if a file is open for writing, so that the kernel refuses.
    public func setReadOnly(_ isReadOnly: Bool) -> Bool {
        (try? Shell.run(["mount", "-o", isReadOnly ? "remount,ro" : "remount,rw", mount.path])) != nil
    }
}
