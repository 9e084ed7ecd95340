// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What the figures were measured on; without it they mean nothing.
package struct Machine: Codable, Sendable, CustomStringConvertible {
    /// When the measurement began, UTC.
    package var date: String
    /// The kernel's release.
    package var kernel: String
    /// The processor's model.
    package var processor: String
    /// Processors in use.
    package var processors: Int
    /// Memory in gigabytes of 10^9 bytes.
    package var memory: Double
    /// Type and device of the file system that holds the ledgers; `nil` where none are written.
    package var fileSystem: String?
    /// The load averages over 1, 5 and 15 minutes when the measurement began.
    package var load: String

    /// This machine; ledgers are written to `directory`, if there are any.
    ///
    /// - Throws: What the file system says if `/proc` cannot be read.
    package init(directory: String? = nil) throws {
        date = Date.now.formatted(.iso8601)
        kernel = try Self.text("/proc/sys/kernel/osrelease")
        processor = try Self.field("model name", in: "/proc/cpuinfo") ?? "unknown"
        processors = ProcessInfo.processInfo.activeProcessorCount
        memory = Double(ProcessInfo.processInfo.physicalMemory) / 1e9
        fileSystem = try directory.map(Self.fileSystem)
        load = Self.load
    }

    /// The load averages now.
    package static var load: String {
        // A figure without its load is still a figure.
        let words = (try? text("/proc/loadavg"))?.split(separator: " ").prefix(3) ?? []
        return words.joined(separator: " ")
    }

    package var description: String {
        """
        \(processors) x \(processor), \(memory.shortText) GB, kernel \(kernel)\(fileSystem.map { ", ledgers on \($0)" } ?? "")
        \(date), load \(load)
        """
    }

    /// The content of a small file without the line feed at its end.
    private static func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func field(_ name: String, in path: String) throws -> String? {
        let line = try text(path).split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    }

    /// The deepest mount that holds `directory`.
    private static func fileSystem(of directory: String) throws -> String {
        let path = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
        var best = (mount: "", text: "unknown")
        for line in try text("/proc/self/mounts").split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2 else { continue }
            let mount = String(fields[1])
            let holds = path == mount || path.hasPrefix(mount == "/" ? "/" : mount + "/")
            if holds, mount.count >= best.mount.count { best = (mount, "\(fields[2]) (\(fields[0]))") }
        }
        return best.text
    }
}
