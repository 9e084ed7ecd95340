// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What this machine allows tests to do.
public enum TestEnvironment {
    /// Why real traffic cannot be metered here, one sentence each; empty if it can.
    public static let obstacles: [String] = {
        var obstacles: [String] = []
        if geteuid() != 0 { obstacles.append("the tests do not run as root") }
        if CgroupLab.mountPoint == nil { obstacles.append("no cgroup v2 file system is mounted") }
        for (tool, package) in [("ip", "iproute2"), ("nft", "nftables"), ("ethtool", "ethtool")]
        where Executable.find(tool) == nil {
            obstacles.append("\(tool) is missing: install \(package)")
        }
        return obstacles
    }()

    /// True if tests can make namespaces and cgroups, count with nftables and meter.
    public static var canMeter: Bool {
        obstacles.isEmpty
    }

    /// True if the program `name` is installed.
    public static func has(_ name: String) -> Bool {
        Executable.find(name) != nil
    }

    /// True on a build server, where a skipped test is a failure.
    public static var isContinuousIntegration: Bool {
        let value = ProcessInfo.processInfo.environment["CI"]
        return value == "true" || value == "1"
    }
}
