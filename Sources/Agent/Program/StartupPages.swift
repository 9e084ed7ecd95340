// SPDX-License-Identifier: Apache-2.0
import Capture
import Glibc

/// The code that only the start needed: most of what an agent has in memory, if it is left there.
///
/// Code is mapped from files and never written, so the kernel can take it away and read it again: what is still used
/// comes back at its next use.
enum StartupPages {
    /// Takes all code of this process out of its memory.
    ///
    /// - Throws: `CaptureError` if /proc cannot be read.
    static func release() throws {
        for code in ranges(maps: try ProcFile.read("/proc/self/maps")) {
            // What the kernel will not take stays: nothing depends on it.
            _ = madvise(UnsafeMutableRawPointer(bitPattern: code.lowerBound), code.count, MADV_DONTNEED)
        }
    }

    /// Address ranges of code in the text of `/proc/PID/maps`: executable, private, and from a file.
    ///
    /// A range that may be written, or could be once, is none: it may hold what no file has.
    static func ranges(maps: String) -> [Range<UInt>] {
        maps.split(separator: "\n")
            .compactMap { line in
                // Address, access, offset, device, inode, path.
                let fields = line.split(separator: " ")
                guard fields.count >= 6, fields[1] == "r-xp", fields[5].hasPrefix("/") else { return nil }
                let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
                return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
            }
    }
}
