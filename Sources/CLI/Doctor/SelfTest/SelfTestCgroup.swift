// SPDX-License-Identifier: Apache-2.0
import Capture
import Foundation
import Glibc

/// A cgroup of the self-test's own, which this process is in until ``remove()``.
struct SelfTestCgroup {
    let path: String

    private let origin: String

    private static let prefix = "netledger-doctor-"

    /// Makes the cgroup below `root` and moves this process into it; removes what a killed self-test left.
    init(root: String) throws {
        Self.sweep(root)
        origin = Self.currentCgroup(root: root)
        path = "\(root)/\(Self.prefix)\(getpid())"
        guard mkdir(path, 0o755) == 0 else { throw SelfTestError.call("making the cgroup \(path)") }
        do {
            try Self.enter(path)
        } catch {
            rmdir(path)
            throw error
        }
    }

    /// Moves the process back and removes the cgroup.
    ///
    /// - Throws: ``SelfTestError`` if the cgroup stays.
    func remove() throws {
        do {
            try Self.enter(origin)
        } catch {
            // Where it was is gone, or closed to processes.
            try Self.enter(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        }
        guard rmdir(path) == 0 else { throw SelfTestError.call("removing the cgroup \(path)") }
    }

    /// Removes those cgroups of self-tests whose process is gone.
    private static func sweep(_ root: String) {
        // No list, nothing to sweep.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] where name.hasPrefix(prefix) {
            guard let process = pid_t(name.dropFirst(prefix.count)), kill(process, 0) != 0, errno == ESRCH else {
                continue
            }
            rmdir(root + "/" + name)
        }
    }

    /// Directory of the cgroup that this process is in.
    private static func currentCgroup(root: String) -> String {
        // Without /proc it goes back to the root.
        let table = (try? ProcFile.read("/proc/self/cgroup")) ?? ""
        let line = table.split(separator: "\n").first { $0.hasPrefix("0::") }
        return root + (line?.dropFirst(3) ?? "")
    }

    private static func enter(_ cgroup: String) throws {
        let file = open(cgroup + "/cgroup.procs", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw SelfTestError.call("opening \(cgroup)/cgroup.procs") }
        defer { close(file) }
        let text = "\(getpid())"
        guard write(file, text, text.utf8.count) == text.utf8.count else {
            throw SelfTestError.call("entering the cgroup \(cgroup)")
        }
    }
}
