// SPDX-License-Identifier: Apache-2.0
import CLibBPF

/// Runs a loaded hook on crafted packets with the kernel's `BPF_PROG_TEST_RUN`: for tests.
///
/// It is valid as long as the ``Meter`` it came from; the kernel takes calls from several threads.
struct HookRun: Sendable {
    let program: CInt
    let name: String

    /// Runs the hook once.
    ///
    /// - Parameters:
    ///   - packet: The packet from its IP header on, which must be whole: the kernel refuses anything shorter.
    ///   - context: Sizes of a super-packet, in its `gso_segs` and `gso_size`.
    /// - Returns: What the hook answered; 1 is "allow".
    func callAsFunction(_ packet: [UInt8], context: __sk_buff = __sk_buff()) throws(CaptureError) -> UInt32 {
        // The kernel takes an Ethernet frame and strips its header before a cgroup_skb program sees it.
        let isV6 = packet.first.map { $0 >> 4 == 6 } ?? false
        let frame = [UInt8](repeating: 0, count: 12) + (isV6 ? [0x86, 0xdd] : [0x08, 0x00]) + packet
        var options = bpf_test_run_opts()
        options.sz = MemoryLayout<bpf_test_run_opts>.size
        let status = frame.withUnsafeBytes { bytes in
            withUnsafePointer(to: context) { context in
                options.data_in = bytes.baseAddress
                options.data_size_in = UInt32(bytes.count)
                options.ctx_in = UnsafeRawPointer(context)
                options.ctx_size_in = UInt32(MemoryLayout<__sk_buff>.size)
                options.repeat = 1
                return bpf_prog_test_run_opts(program, &options)
            }
        }
        guard status == 0 else { throw BPFObject.error(-status, "the test run of \(name) failed") }
        return options.retval
    }
}
