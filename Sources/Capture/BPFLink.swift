// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc

/// Owns one attachment.
///
/// `deinit` detaches it, unless it is pinned: then it stays until ``unpin()`` or another process removes the pin.
final class BPFLink {
    private let link: OpaquePointer
    private let pin: String?

    init(_ link: OpaquePointer, pin: String?) {
        self.link = link
        self.pin = pin
    }

    deinit {
        bpf_link__destroy(link)
    }

    /// Removes the pin, so that the hook ends with this object.
    func unpin() {
        if let pin { unlink(pin) }
    }
}
