// SPDX-License-Identifier: Apache-2.0

/// How much of the kernel's own structures the kernel program reads, beyond its stable interface.
///
/// What each adds, and how far off the meter is without it, is in `bpf/README.md`.
public enum KernelDetail: String, CaseIterable, Hashable, Sendable {
    /// Sockets and packets: fragments are counted as on the wire.
    ///
    /// Needs Linux 6.2, the kernel's BTF and CAP_PERFMON.
    case packets
    /// Sockets alone: who opened a TCP connection that is older than the meter.
    ///
    /// Needs Linux 5.9, the kernel's BTF and CAP_PERFMON.
    case sockets
    /// Nothing but the stable interface.
    case none
}
