// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// The dashboard of Grafana: that it is one, and that what it asks for can be answered.
struct DashboardTests {
    /// A dashboard, as far as it is looked at.
    struct Dashboard: Decodable {
        struct Panel: Decodable {
            struct Target: Decodable {
                var expr: String
            }

            struct Place: Decodable, Hashable {
                var x: Int
                var y: Int
                var w: Int
                var h: Int
            }

            var id: Int
            var title: String
            var gridPos: Place
            var targets: [Target]
        }

        var uid: String
        var panels: [Panel]

        /// The dashboard that ships.
        static func read() throws -> Dashboard {
            try JSONDecoder()
                .decode(Dashboard.self, from: Data(try DeployTools.text(of: "grafana/netledger.json").utf8))
        }

        /// All that it asks Prometheus, with what Grafana puts in for its variables.
        var queries: [String] {
            panels.flatMap(\.targets)
                .map {
                    $0.expr.replacing("$__rate_interval", with: "5m").replacing("$namespace", with: ".*")
                }
        }
    }

    @Test func panelsHaveTheirOwnIdsAndPlaces() throws {
        let panels = try Dashboard.read().panels
        #expect(Set(panels.map(\.id)).count == panels.count)
        #expect(Set(panels.map(\.gridPos)).count == panels.count)
        #expect(panels.allSatisfy { $0.gridPos.x + $0.gridPos.w <= 24 && !$0.targets.isEmpty && !$0.title.isEmpty })
    }

    /// As rules they are read by Prometheus' own parser.
    @Test(.enabled(if: TestEnvironment.has("promtool"), "needs promtool of Prometheus"))
    func prometheusUnderstandsEveryQuery() throws {
        let queries = try Dashboard.read().queries
        #expect(!queries.contains { $0.contains("$") })
        let rules = queries.enumerated()
            .map { "      - record: query:number\($0.offset)\n        expr: >-\n          \($0.element)\n" }
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        try "groups:\n  - name: dashboard\n    rules:\n\(rules.joined())"
            .write(toFile: folder.file("rules.yaml"), atomically: true, encoding: .utf8)
        let said = try Shell.run(["promtool", "check", "rules", folder.file("rules.yaml")])
        #expect(said.contains("SUCCESS: \(queries.count) rules found"))
    }
}
