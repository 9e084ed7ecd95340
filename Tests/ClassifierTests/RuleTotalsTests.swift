// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing
import Traffic

@testable import Classifier

@Suite struct RuleTotalsTests {
    @Test func rulesAndOpenCostEqualTheModel() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let seed = SeededRandom().seed
        let classifier = try TestClassifier {
            $0.destinations = TrafficModel.destinations
            $0.openCostMetrics = true
        }
        var random = SeededRandom(seed: seed)
        let batches = (1...20 as ClosedRange<UInt64>)
            .map {
                TrafficModel.randomBatch(
                    node: "n",
                    sequence: $0,
                    startNanoseconds: (TestClassifier.start - 600) * 1_000_000_000,
                    &random
                )
            }
        var model = TrafficModel(destinations: TrafficModel.destinations)
        for batch in batches { model.add(batch) }
        var rules: [String: Double] = [:]
        var unknown: [String: Double] = [:]
        var kubecost: [String: Double] = [:]
        for entry in model.entries where !entry.counters.isZero {
            let traffic = entry.trafficClass
            let rule = "{rule=\"\(entry.dimensions["rule"] ?? "")\",direction=\"egress\"}"
            rules[rule, default: 0] += Double(entry.counters.egressBytes)
            if traffic.scope == .unknown { unknown[rule, default: 0] += Double(entry.counters.egressBytes) }
            let labels =
                "{pod_name=\"\(entry.dimensions["pod"] ?? "")\",namespace=\"\(entry.dimensions["namespace"] ?? "")\","
                + "internet=\"\(traffic.internet)\",same_zone=\"\(traffic.sameZone)\","
                + "same_region=\"\(traffic.sameRegion)\","
                + "nat_gateway=\"\(entry.dimensions["nat"] == "assumed")\"}"
            if traffic.scope != .unknown { kubecost[labels, default: 0] += Double(entry.counters.ingressBytes) }
        }
        let (expectedRules, expectedUnknown, expectedKubecost) = (rules, unknown, kubecost)
        #expect(!unknown.isEmpty && unknown.count < rules.count, "seed \(seed)")
        try await classifier.run { client in
            for batch in batches {
                try await client.post(batch)
                _ = try await client.metrics()
            }
        }
        // Once more after a restart.
        try await classifier.run { client in
            let metrics = try await client.metrics()
            let found = metrics.family("netledger_rule_bytes_total").filter { $0.key.contains("\"egress\"") }
            #expect(found == expectedRules, "seed \(seed)")
            let nowhere = metrics.family("netledger_unknown_scope_bytes_total")
            #expect(nowhere.filter { $0.key.contains("\"egress\"") } == expectedUnknown, "seed \(seed)")
            let ingress = metrics.family("kubecost_pod_network_ingress_bytes_total")
            var plain: [String: Double] = [:]
            for (labels, value) in ingress {
                plain[labels.replacing(#"\""#, with: "\"").replacing(#"\\"#, with: #"\"#)] = value
            }
            #expect(plain == expectedKubecost, "seed \(seed)")
            #expect(plain.keys.contains { $0.contains("nat_gateway=\"true\"") }, "seed \(seed)")
            try metrics.text.write(toFile: directory.file("metrics"), atomically: true, encoding: .utf8)
            let complaints = try Shell.run([
                "/bin/sh", "-c", "exec promtool check metrics < \"$0\" 2>&1", directory.file("metrics"),
            ])
            #expect(complaints == "")
            let status = try await client.get("/api/v1/status").text
            #expect(status.contains(#""configuration":{"loaded_at":"2026-03-04T10:00:00Z"}"#))
            for key in expectedRules.keys {
                let rule = key.split(separator: "\"")[1]
                #expect(status.contains("{\"rule\":\"\(rule)\","))
            }
        }
    }

    @Test func openCostIsOffUnlessAskedFor() async throws {
        try await TestClassifier()
            .run { client in
                try await client.post(FlowBatch.test())
                #expect(try await !client.metrics().text.contains("kubecost_"))
            }
    }
}
