// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A file that others replace while this program runs: a token that is about to expire, an authority, a certificate.
struct CredentialFile {
    /// What tells one content of a path from the next without reading it.
    private struct Stamp: Hashable {
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
    }

    /// The longest time for which an unchanged stamp is believed, as some file systems keep coarse times.
    static let longestTrust = Duration.seconds(60)

    let path: String
    private var content: (bytes: [UInt8], stamp: Stamp?, read: ContinuousClock.Instant)?

    init(path: String) {
        self.path = path
    }

    /// Makes the next read look at the file itself.
    mutating func expire() {
        content?.stamp = nil
    }

    /// The content; the last one that could be read, if the file is missing in the moment of its replacement.
    ///
    /// - Throws: ``ClusterError`` if the file was never readable.
    mutating func read() throws(ClusterError) -> [UInt8] {
        let stamp = Self.stamp(of: path)
        let now = ContinuousClock.now
        if let content, let stamp, content.stamp == stamp, now - content.read < Self.longestTrust {
            return content.bytes
        }
        do {
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
            content = (bytes, stamp, now)
            return bytes
        } catch {
            guard let content else {
                throw ClusterError("\(path) cannot be read: \((error as NSError).localizedDescription)")
            }
            return content.bytes
        }
    }

    private static func stamp(of path: String) -> Stamp? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        return Stamp(
            device: UInt64(info.st_dev),
            inode: UInt64(info.st_ino),
            size: Int64(info.st_size),
            seconds: info.st_mtim.tv_sec,
            nanoseconds: info.st_mtim.tv_nsec
        )
    }
}
