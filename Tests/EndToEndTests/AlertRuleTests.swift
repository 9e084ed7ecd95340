// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// The alert rules that ship, by their own tests.
@Suite(.enabled(if: TestEnvironment.has("promtool"), "needs promtool: install prometheus"))
struct AlertRuleTests {
    private let folder =
        URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path + "/deploy/prometheus"

    @Test func eachFiresWhenItShould() throws {
        try Shell.run(["promtool", "check", "rules", folder + "/netledger-alerts.yaml"])
        try Shell.run(["promtool", "test", "rules", folder + "/netledger-alerts.test.yaml"])
    }
}
