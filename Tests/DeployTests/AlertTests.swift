// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// The alert rules, as Prometheus reads them.
struct AlertTests {
    @Test(.whereKustomizeIs) func theChartHasTheSameRules() throws {
        let component = try Manifest.all(
            try DeployTools.text(of: "kubernetes/components/prometheus-operator/alerts.yaml")
        )
        let chart = try Manifest.all(try DeployTools.text(of: "helm/netledger/alerts.yaml"))
        #expect(component.first?["spec"] == chart.first)
    }

    @Test(.enabled(if: TestEnvironment.has("promtool"), "needs promtool of Prometheus"))
    func prometheusTakesThem() throws {
        let said = try Shell.run(["promtool", "check", "rules", DeployTools.path("helm/netledger/alerts.yaml")])
        #expect(said.contains("SUCCESS: 7 rules found"))
    }

    /// Names of metrics in the rules' expressions.
    static func metrics() throws -> Set<String> {
        let rules = try Manifest.all(try DeployTools.text(of: "helm/netledger/alerts.yaml"))
        let expressions = rules.flatMap { $0["groups"]?.items ?? [] }.flatMap { $0["rules"]?.items ?? [] }
            .compactMap { $0["expr"]?.text }
        return Set(
            expressions.flatMap { expression in
                expression.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
                    .filter { $0.hasPrefix("netledger_") }
            }
        )
    }
}
