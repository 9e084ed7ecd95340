// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// A file system of a few MiB that can be full.
final class SmallDisk: Sendable {
    private let mount: TemporaryDirectory

    /// An empty one.
    init() throws {
        mount = try TemporaryDirectory()
        try Shell.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", mount.path])
    }

    deinit {
        // The directory is removed all the same, or stays in /tmp and says so.
        _ = try? Shell.run(["umount", "-l", mount.path])
        mount.remove()
    }

    /// The path of `name` on it.
    func file(_ name: String) -> String {
        mount.file(name)
    }

    /// Takes all the room that is left.
    func fill() throws {
        let descriptor = open(file("ballast"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LaunchError("no ballast on \(mount.path)") }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
    }

    /// Gives the room back.
    func empty() {
        unlink(file("ballast"))
    }
}
