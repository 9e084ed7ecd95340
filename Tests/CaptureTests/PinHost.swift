// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

@testable import Capture

/// A mounted BPF file system and an empty cgroup.
final class PinHost {
    let mount: TemporaryDirectory
    let cgroups: CgroupLab
    var pins: String { mount.file("netledger") }
    private let cgroup: String

    init() throws {
        mount = try TemporaryDirectory()
        cgroups = try CgroupLab()
        cgroup = try cgroups.group("empty").path
        try Shell.run(["mount", "-t", "bpf", "bpf", mount.path])
    }

    deinit {
        // The directory is removed all the same, or stays in /tmp and says so.
        _ = try? Shell.run(["umount", "-l", mount.path])
        mount.remove()
    }

    func meter(capacity: UInt32 = 64, idleDrains: UInt32 = 12) throws -> Meter {
        try Meter(
            MeterConfiguration(
                cgroupRoot: cgroup,
                flowCapacity: capacity,
                idleDrains: idleDrains,
                pinDirectory: pins
            )
        )
    }

    /// Names in the pin directory.
    var directories: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: pins).sorted() }
    }
}
