// SPDX-License-Identifier: Apache-2.0
import Capture
import Foundation

/// Which programs share the hooks with the meter.
struct HookCheck: Check {
    /// The programs at one hook of one cgroup.
    struct Place: Hashable, Sendable {
        /// Path below the root; `/` for the root itself.
        var cgroup: String
        var hook: CgroupHook
        var attachments: HookAttachments
    }

    /// Where there are any programs, the root first.
    var places: [Place] = []
    /// Cgroups that were looked at.
    var cgroups = 0
    /// Why the kernel could not be asked.
    var obstacle: String?

    private static let ownNames: Set<String> = ["count_egress", "count_ingress", "watch_close"]
    /// Cgroups that are looked at, at most.
    private static let limit = 50_000

    /// Looks at `root` and everything below it.
    static func read(root: String?) -> HookCheck {
        guard let root else { return HookCheck(obstacle: "there is no cgroup v2 to look at") }
        var check = HookCheck()
        do {
            try check.look(at: root, as: "/")
        } catch {
            return HookCheck(obstacle: error.description)
        }
        let tree = FileManager.default.enumerator(
            at: URL(fileURLWithPath: root, isDirectory: true),
            includingPropertiesForKeys: [.isDirectoryKey]
        )
        while let entry = tree?.nextObject() as? URL, check.cgroups < limit {
            // What cannot be looked at has just been removed.
            guard (try? entry.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true else { continue }
            try? check.look(at: entry.path, as: String(entry.path.dropFirst(root.count)))
        }
        return check
    }

    private mutating func look(at path: String, as cgroup: String) throws(CaptureError) {
        for hook in CgroupHook.allCases {
            let attachments = try hook.attachments(at: path)
            guard !attachments.programs.isEmpty else { continue }
            places.append(Place(cgroup: cgroup, hook: hook, attachments: attachments))
        }
        cgroups += 1
    }

    var findings: [Finding] {
        if let obstacle { return [.notChecked("hooks", obstacle)] }
        return rootFindings + [belowFinding]
    }

    private var rootFindings: [Finding] {
        let atRoot = places.filter { $0.cgroup == "/" }
        let barred = atRoot.filter { $0.attachments.sharing != .multi }
        if !barred.isEmpty {
            return barred.map { place in
                .fail(
                    "\(place.hook) at the root",
                    "\(Self.list(place.attachments.programs)) is attached so that it "
                        + "\(place.attachments.sharing == .override ? "yields to others (override)" : "stands alone"): "
                        + "the kernel lets no program join it",
                    next: "Detach it (bpftool cgroup detach), or have its owner attach it with BPF_F_ALLOW_MULTI."
                )
            }
        }
        guard !atRoot.isEmpty else { return [.ok("hooks at the root", "no program is attached yet")] }
        return atRoot.map { place in
            let programs = place.attachments.programs
            let others = programs.filter { !Self.ownNames.contains($0.name ?? "") }
            guard programs.allSatisfy({ $0.name != nil }) else {
                return .notChecked(
                    "\(place.hook) at the root",
                    "\(Self.list(programs)): the kernel tells names only with CAP_SYS_ADMIN"
                )
            }
            let subject = "\(place.hook) at the root"
            if programs.count - others.count > 1 {
                return .warn(
                    subject,
                    "\(Self.list(programs)): two meters count here",
                    next:
                        "Stop one of the agents. If only one runs, the other hooks are pinned: netledger-agent detach."
                )
            }
            guard !others.isEmpty else { return .ok(subject, "\(Self.list(programs)), a meter of NetLedger") }
            let found = Self.list(programs) + (programs.count > 1 ? ", in this order; all of them run" : "")
            guard place.hook != .sockops else { return .ok(subject, found) }
            return .warn(
                subject,
                found,
                next:
                    "If \(Self.list(others)) drops a packet, the meter counts it all the same: all programs of a "
                    + "hook run before the kernel looks at their answers."
            )
        }
    }

    private var belowFinding: Finding {
        let subject = "hooks below the root"
        let below = places.filter { $0.cgroup != "/" }
        guard !below.isEmpty else { return .ok(subject, "no program in \(cgroups - 1) cgroups") }
        let shown = below.prefix(3)
            .map { "\($0.cgroup) \($0.hook): \(Self.list($0.attachments.programs))" }
            .joined(separator: "; ")
        let more = below.count > 3 ? "; and \(below.count - 3) more" : ""
        return .ok(
            subject,
            "\(shown)\(more). They run before the meter and cannot replace it; what they drop is counted all the same"
        )
    }

    private static func list(_ programs: [HookAttachments.Program]) -> String {
        programs.map { "\($0.name ?? "unnamed") (id \($0.id))" }.joined(separator: ", ")
    }
}
