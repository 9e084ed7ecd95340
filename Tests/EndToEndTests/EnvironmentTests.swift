// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct EnvironmentTests {
    /// The tests that meter real traffic are skipped where that is impossible; on a build server it must be possible.
    @Test func aBuildServerCanMeter() {
        #expect(
            TestEnvironment.canMeter || !TestEnvironment.isContinuousIntegration,
            "all real-traffic tests would be skipped: \(TestEnvironment.obstacles.joined(separator: "; "))"
        )
    }
}

extension Trait where Self == ConditionTrait {
    /// Enables a test where real traffic can be metered.
    static var whereMeteringWorks: ConditionTrait {
        .enabled(
            if: TestEnvironment.canMeter,
            "needs root, cgroup v2, ip, nft and ethtool: \(TestEnvironment.obstacles.joined(separator: "; "))"
        )
    }
}
