// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// The alert rules, as Prometheus reads them.
struct AlertTests {
    private static let source = "prometheus/netledger-alerts.yaml"

    /// There is one file of rules: the chart has it by a link, the component as `make alerts` copies it.
    @Test func chartAndComponentHaveTheSameRules() throws {
        let component = try Manifest.all(
            try DeployTools.text(of: "kubernetes/components/prometheus-operator/alerts.yaml")
        )
        let rules = try Manifest.all(try DeployTools.text(of: Self.source))
        #expect(component.first?["spec"] == rules.first, "run: make alerts")
        #expect(try DeployTools.text(of: "helm/netledger/alerts.yaml") == (try DeployTools.text(of: Self.source)))
    }

    @Test(.enabled(if: TestEnvironment.has("promtool"), "needs promtool of Prometheus"))
    func prometheusTakesThem() throws {
        let said = try Shell.run(["promtool", "check", "rules", DeployTools.path(Self.source)])
        #expect(said.contains("SUCCESS: 11 rules found"))
    }

    /// Names of metrics in the rules' expressions.
    static func metrics() throws -> Set<String> {
        let rules = try Manifest.all(try DeployTools.text(of: source))
        let expressions = rules.flatMap { $0["groups"]?.items ?? [] }.flatMap { $0["rules"]?.items ?? [] }
            .compactMap { $0["expr"]?.text }
        return Set(expressions.flatMap(metrics(of:)))
    }

    /// Names of metrics in an expression.
    static func metrics(of expression: String) -> [String] {
        expression.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
            .filter { $0.hasPrefix("netledger_") }
    }
}
