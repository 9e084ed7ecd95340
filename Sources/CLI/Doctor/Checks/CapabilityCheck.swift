// SPDX-License-Identifier: Apache-2.0
import Capture
import Foundation

/// Whether a process like this one may meter.
struct CapabilityCheck: Check {
    /// `nil` if they cannot be read.
    var capabilities: Capabilities?

    static func read() -> CapabilityCheck {
        // Without /proc there is nothing to read.
        let status = (try? ProcFile.read("/proc/self/status")) ?? ""
        return CapabilityCheck(capabilities: Capabilities(status: status))
    }

    var findings: [Finding] {
        guard let capabilities else {
            return [.notChecked("capabilities", "/proc/self/status cannot be read: is /proc mounted?")]
        }
        guard capabilities.missing.isEmpty else {
            return [
                .fail(
                    "capabilities",
                    "\(Self.list(capabilities.missing)) missing",
                    next: "Run as root, or give the process these capabilities (systemd: AmbientCapabilities=, "
                        + "Kubernetes: securityContext.capabilities.add). Before Linux 5.8, CAP_SYS_ADMIN stands for "
                        + "CAP_BPF."
                )
            ]
        }
        let required = Capability.required.map(\.rawValue).joined(separator: " and ")
        guard capabilities.effective.contains(.perfmon) else {
            return [
                .warn(
                    "capabilities",
                    "\(required) are here, which is enough; CAP_PERFMON is not",
                    next: "Add it. Without it the headers of IP fragments are not counted, who opened a TCP connection "
                        + "that is older than the agent is guessed, and each packet costs a quarter to a half more "
                        + "to count."
                )
            ]
        }
        return [
            .ok(
                "capabilities",
                "\(required), which are needed, and CAP_PERFMON, which makes counting exacter and cheaper"
            )
        ]
    }

    private static func list(_ capabilities: [Capability]) -> String {
        capabilities.map(\.rawValue).joined(separator: " and ") + (capabilities.count == 1 ? " is" : " are")
    }
}
