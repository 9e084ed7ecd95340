// SPDX-License-Identifier: Apache-2.0
import CLibBPF

extension bpf_map_info {
    /// What the kernel tells of the map behind `descriptor`; `nil`, with the reason in `errno`, if it does not.
    init?(of descriptor: CInt) {
        self.init()
        var size = UInt32(MemoryLayout<bpf_map_info>.size)
        guard bpf_obj_get_info_by_fd(descriptor, &self, &size) == 0 else { return nil }
    }
}
