// SPDX-License-Identifier: Apache-2.0

/// Files that are read again when one of them was written or replaced.
public struct WatchedFiles: Sendable {
    /// Their paths.
    public let paths: [String]

    private var seen: [FileStamp?]

    /// The files at `paths`, as they are now.
    public init(_ paths: [String]) {
        self.paths = paths
        seen = paths.map { FileStamp(path: $0) }
    }

    /// True once for each time that a file differs from how it was seen before.
    ///
    /// What is written while the files are read after this returned true makes the next call return true, too.
    public mutating func haveChanged() -> Bool {
        let now = paths.map { FileStamp(path: $0) }
        defer { seen = now }
        return now != seen
    }
}
