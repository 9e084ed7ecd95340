// SPDX-License-Identifier: Apache-2.0

/// A privilege of a process that the kernel meter has a use for; see capabilities(7).
public enum Capability: String, CaseIterable, Sendable {
    /// Loads programs and makes maps.
    case bpf = "CAP_BPF"
    /// Attaches programs to cgroups.
    case netAdmin = "CAP_NET_ADMIN"
    /// Lets the programs read the kernel's own structures (``KernelDetail``), and spares them the barriers against
    /// speculative execution.
    case perfmon = "CAP_PERFMON"

    /// Without these the meter cannot start.
    public static let required: [Capability] = [.bpf, .netAdmin]

    /// Bits in the kernel's masks, any of which will do.
    ///
    /// `CAP_SYS_ADMIN` (21) includes what `CAP_BPF` and `CAP_PERFMON` were split from in Linux 5.8.
    fileprivate var bits: [UInt64] {
        switch self {
        case .bpf: [39, 21]
        case .netAdmin: [12]
        case .perfmon: [38, 21]
        }
    }
}

/// The capabilities that are in effect for a process, as far as the meter has a use for them.
public struct Capabilities: Hashable, Sendable {
    /// Those that the process has.
    public let effective: Set<Capability>

    /// Reads the text of `/proc/self/status`; `nil` if the effective capabilities are not in it.
    public init?(status: String) {
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let digits = line?.split(whereSeparator: \.isWhitespace).last
        guard let mask = digits.flatMap({ UInt64($0, radix: 16) }) else { return nil }
        effective = Set(Capability.allCases.filter { $0.bits.contains { mask & 1 << $0 != 0 } })
    }

    /// Required ones that the process lacks, in the order of ``Capability/required``.
    public var missing: [Capability] {
        Capability.required.filter { !effective.contains($0) }
    }
}
