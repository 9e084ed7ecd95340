// SPDX-License-Identifier: Apache-2.0
import Capture
import Foundation

/// Whether counters can outlive the agent, and whether any do.
struct PinCheck: Check {
    /// A process.
    struct User: Hashable, Sendable {
        var processID: Int32
        var name: String
    }

    var directory: String
    /// True if the directory, or the one that it would be made in, is on a BPF file system.
    var isOnBPFFileSystem: Bool
    /// What is there; `nil` if the directory does not exist.
    var counters: PinnedCounters?
    /// Processes that hold the pinned maps.
    var users: [User] = []
    /// Why the directory could not be read.
    var obstacle: String?

    static func read(directory: String) -> PinCheck {
        let manager = FileManager.default
        let parent = URL(fileURLWithPath: directory).deletingLastPathComponent().path
        guard manager.fileExists(atPath: directory) else {
            return PinCheck(directory: directory, isOnBPFFileSystem: PinnedCounters.isBPFFileSystem(parent))
        }
        var check = PinCheck(
            directory: directory,
            isOnBPFFileSystem: PinnedCounters.isBPFFileSystem(directory)
        )
        guard check.isOnBPFFileSystem else { return check }
        do {
            let counters = try PinnedCounters(
                root: directory,
                names: try manager.contentsOfDirectory(atPath: directory)
            )
            check.counters = counters
            check.users = counters.mapID.map(holders) ?? []
        } catch let error as CaptureError {
            check.obstacle = error.description
        } catch {
            check.obstacle = "\(directory) cannot be read: \(error.localizedDescription)"
        }
        return check
    }

    /// Processes that have the map open.
    private static func holders(of map: UInt32) -> [User] {
        let manager = FileManager.default
        // A process that ends, or is another user's, has no files to show.
        return ((try? manager.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }.sorted()
            .filter { process in
                let folder = "/proc/\(process)/fdinfo"
                return ((try? manager.contentsOfDirectory(atPath: folder)) ?? [])
                    .contains { file in
                        let text = (try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)) ?? ""
                        return text.split(separator: "\n").contains("map_id:\t\(map)")
                    }
            }
            .map { process in
                let name = (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? ""
                return User(processID: process, name: name.trimmingCharacters(in: .whitespacesAndNewlines))
            }
    }

    var findings: [Finding] {
        guard isOnBPFFileSystem else {
            return [
                .warn(
                    "BPF file system",
                    "\(directory) is not on one: an agent there counts, but its counters end with it",
                    next: "mount -t bpf bpf /sys/fs/bpf (in Kubernetes: a hostPath volume of the host's /sys/fs/bpf)"
                ),
                .notChecked("pins", "there is no BPF file system to look at"),
            ]
        }
        return [.ok("BPF file system", "mounted where \(directory) is or will be"), pinFinding]
    }

    private var pinFinding: Finding {
        if let obstacle { return .notChecked("pins", obstacle) }
        guard let counters, !counters.directories.isEmpty else {
            return .ok("pins", "none in \(directory): nothing counts while no agent runs")
        }
        guard let bootID = counters.bootID else {
            return .warn(
                "pins",
                "\(directory) has \(counters.directories.joined(separator: ", ")), but no counters that this release reads",
                next: counters.foreign.isEmpty
                    ? "They were never finished; the next agent starts over."
                    : "Another release's counters go on counting for nobody: run its netledger-agent detach."
            )
        }
        let digits = String(bootID, radix: 16)
        let id = String(repeating: "0", count: 32 - digits.count) + digits
        let found =
            "boot \(id.prefix(8)), last committed drain \(counters.committed), "
            + "room for \(counters.capacity) flows"
        guard !users.isEmpty else {
            return .warn(
                "pins",
                "\(found); no process uses them",
                next: "Counting goes on until an agent starts and takes it up. If none will: netledger-agent detach."
            )
        }
        let names = users.map { "\($0.name) (\($0.processID))" }.joined(separator: ", ")
        return .ok("pins", "\(found); in use by \(names)")
    }
}
