// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Capture

/// How much the program reads of the kernel: without this test a program that no longer loads would pass as a lack of
/// detail.
@Suite(.enabled(if: TestEnvironment.canMeter, "needs root, cgroup v2 and BPF"))
struct KernelDetailTests {
    @Test func everyKernelGivesWhatItCan() throws {
        let version = ProcessInfo.processInfo.operatingSystemVersion
        let number = version.majorVersion * 1000 + version.minorVersion
        let hasTypes = FileManager.default.fileExists(atPath: "/sys/kernel/btf/vmlinux")
        let expected: KernelDetail = !hasTypes || number < 5_009 ? .none : number < 6_002 ? .sockets : .packets
        let meter = try Meter(MeterConfiguration(cgroupRoot: CgroupLab.mountPoint ?? "", flowCapacity: 64))
        #expect(meter.detail == expected, "\(meter.refusals)")
    }

    @Test(arguments: KernelDetail.allCases)
    func noMoreIsReadThanIsConfigured(detail: KernelDetail) throws {
        let configuration = MeterConfiguration(
            cgroupRoot: CgroupLab.mountPoint ?? "",
            flowCapacity: 64,
            detail: detail
        )
        let meter = try Meter(configuration)
        let order = KernelDetail.allCases
        let loaded = try #require(order.firstIndex(of: meter.detail))
        let wanted = try #require(order.firstIndex(of: detail))
        #expect(loaded >= wanted)
        #expect(meter.refusals.count == loaded - wanted)
    }
}
