// SPDX-License-Identifier: Apache-2.0

/// The capabilities that the kernel meter needs, checked before the kernel is asked.
///
/// The kernel's own answer to a missing capability is "operation not permitted" and nothing else.
struct Privileges: Hashable, Sendable {
    /// Names of what is missing; empty if nothing is.
    let missing: [String]

    /// Capabilities by their bit in the kernel's masks, see capabilities(7).
    ///
    /// Root's old `CAP_SYS_ADMIN` includes what `CAP_BPF` and `CAP_PERFMON` were split from.
    private static let needed: [(name: String, bits: [UInt64])] = [
        ("CAP_BPF", [39, 21]), ("CAP_NET_ADMIN", [12]), ("CAP_PERFMON", [38, 21]),
    ]

    /// Reads the effective capabilities from the text of `/proc/self/status`.
    ///
    /// If they are not there nothing counts as missing: the kernel has the last word anyway.
    init(status: String) {
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let mask = line?.split(whereSeparator: \.isWhitespace).last.flatMap { UInt64($0, radix: 16) }
        guard let mask else {
            missing = []
            return
        }
        missing = Self.needed.filter { !$0.bits.contains { mask & 1 << $0 != 0 } }.map(\.name)
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
