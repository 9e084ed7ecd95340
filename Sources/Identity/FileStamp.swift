// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What changes when a file is written or replaced, a symbolic link on the way to it included.
public struct FileStamp: Hashable, Sendable {
    private var device: UInt64
    private var inode: UInt64
    private var bytes: Int64
    private var seconds: Int64
    private var nanoseconds: Int64

    /// The stamp of the file at `path`; `nil` if there is none that can be seen.
    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        bytes = Int64(status.st_size)
        seconds = Int64(status.st_mtim.tv_sec)
        nanoseconds = Int64(status.st_mtim.tv_nsec)
    }
}
