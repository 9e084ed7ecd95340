// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

@testable import Capture

/// A meter on a cgroup without processes, which sees only what a test feeds it.
struct MeteredCgroup {
    let meter: Meter
    private let cgroups: CgroupLab

    init(capacity: UInt32 = 64, idleDrains: UInt32 = 12, ownerQuota: UInt32? = nil) throws {
        cgroups = try CgroupLab()
        let path = try cgroups.group("empty").path
        meter = try Meter(
            MeterConfiguration(
                cgroupRoot: path,
                flowCapacity: capacity,
                ownerQuota: ownerQuota,
                idleDrains: idleDrains
            )
        )
    }

    /// Id of the cgroup v2 directory that this process is in.
    static func ownID() throws -> UInt64 {
        let table = try String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)
        let line = table.split(separator: "\n").first { $0.hasPrefix("0::") }
        let path = (CgroupLab.mountPoint ?? "") + (line?.dropFirst(3) ?? "")
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
    }
}
