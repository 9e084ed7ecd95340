// SPDX-License-Identifier: Apache-2.0
import Capture

/// Whether this process has the capabilities that the kernel meter needs, checked before the kernel is asked.
///
/// The kernel's own answer to a missing capability is "operation not permitted" and nothing else.
struct Privileges: Hashable, Sendable {
    /// Names of what is missing; empty if nothing is.
    let missing: [String]

    /// Reads the effective capabilities from the text of `/proc/self/status`.
    ///
    /// If they are not there nothing counts as missing: the kernel has the last word anyway.
    init(status: String) {
        missing = Capabilities(status: status)?.missing.map(\.rawValue) ?? []
    }

    /// Throws an ``AgentError`` that names what is missing.
    func check() throws {
        guard !missing.isEmpty else { return }
        throw AgentError(
            "The agent may not load its kernel program: \(missing.joined(separator: ", ")) "
                + "\(missing.count == 1 ? "is" : "are") missing. Run it as root, or give the process these capabilities "
                + "(systemd: AmbientCapabilities=, Kubernetes: securityContext.capabilities.add)."
        )
    }
}
