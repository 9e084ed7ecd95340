// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What the figures were measured on; without it they mean nothing.
struct Machine: Codable, Sendable, CustomStringConvertible {
    /// When the measurement began, UTC.
    var date: String
    /// The kernel's release.
    var kernel: String
    /// The processor's model.
    var processor: String
    /// Processors in use.
    var processors: Int
    /// Memory in gigabytes of 10^9 bytes.
    var memory: Double
    /// Type and device of the file system that holds the ledgers.
    var fileSystem: String
    /// The load averages over 1, 5 and 15 minutes when the measurement began.
    var load: String

    /// This machine; ledgers are written to `directory`.
    ///
    /// - Throws: What the file system says if `/proc` cannot be read.
    init(directory: String) throws {
        date = Date.now.formatted(.iso8601)
        kernel = try Self.text("/proc/sys/kernel/osrelease")
        processor = try Self.field("model name", in: "/proc/cpuinfo") ?? "unknown"
        processors = ProcessInfo.processInfo.activeProcessorCount
        memory = Double(ProcessInfo.processInfo.physicalMemory) / 1e9
        fileSystem = try Self.fileSystem(of: directory)
        load = Self.load
    }

    /// The load averages now.
    static var load: String {
        // A figure without its load is still a figure.
        let words = (try? text("/proc/loadavg"))?.split(separator: " ").prefix(3) ?? []
        return words.joined(separator: " ")
    }

    var description: String {
        """
        \(processors) x \(processor), \(memory.shortText) GB, kernel \(kernel), ledgers on \(fileSystem)
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
