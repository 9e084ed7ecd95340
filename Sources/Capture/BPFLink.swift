// SPDX-License-Identifier: Apache-2.0
import CLibBPF

/// Owns one attachment; `deinit` detaches it.
final class BPFLink {
    private let link: OpaquePointer

    init(_ link: OpaquePointer) {
        self.link = link
    }

    deinit {
        bpf_link__destroy(link)
    }
}
