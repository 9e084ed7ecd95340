// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing
import Traffic

@testable import Classifier

@Suite struct MetricsRouteTests {
    @Test func thePageIsThePrometheusTextFormat() async throws {
        try await TestClassifier()
            .run { client in
                let response = try await client.get(
                    "/metrics",
                    accept: "application/openmetrics-text, text/plain;q=0.5"
                )
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            }
    }

    @Test func podCountersHaveTheLabelsOfTheirClass() async throws {
        let classifier = try TestClassifier { $0.destinations = TrafficModel.destinations }
        try await classifier.run { client in
            try await client.post(
                FlowBatch.test(
                    region: "r1",
                    zone: "a",
                    flows: [
                        .to("8.8.8.8", egress: 1, ingress: 2),
                        .to("10.1.9.9", initiator: .remote, egress: 3, ingress: 4),
                        .to("10.1.2.9", initiator: .unknown, egress: 5, ingress: 6),
                        .to("10.1.2.4", egress: 7, ingress: 8),
                        .to("10.9.9.9", egress: 9, ingress: 10),
                    ]
                )
            )
            let metrics = try await client.metrics()
            func labels(_ initiated: Bool, _ internet: Bool, _ region: Bool, _ zone: Bool) -> String {
                "{namespace=\"system.slice\",pod_name=\"web.service\",pod_initiated=\"\(initiated)\","
                    + "internet=\"\(internet)\",same_region=\"\(region)\",same_zone=\"\(zone)\"}"
            }
            #expect(
                metrics.family("netledger_pod_network_egress_bytes_total") == [
                    labels(true, true, false, false): 1,
                    labels(false, false, true, true): 3,
                    labels(false, false, true, false): 5,
                    // Cross region and unknown have the same labels.
                    labels(true, false, false, false): 16,
                ]
            )
            #expect(metrics.family("netledger_pod_network_ingress_bytes_total").values.sorted() == [2, 4, 6, 18])
        }
    }

    @Test func agentsAndLossesAreTold() async throws {
        try await TestClassifier()
            .run { client in
                let loss = Loss(reason: "map_full", counters: FlowCounters(egressBytes: 70, ingressBytes: 30))
                let map = MapUse(name: "flows", entries: 12, capacity: 131_072)
                for sequence in 1...2 as ClosedRange<UInt64> {
                    try await client.post(
                        FlowBatch.test(sequence: sequence, start: 1_772_618_000, losses: [loss], maps: [map])
                    )
                }
                let metrics = try await client.metrics()
                let labels = #"{node="node-1",startup_time="1772618000",map_name="flows"}"#
                #expect(metrics.family("netledger_agent_ebpf_map_max_entries") == [labels: 131_072])
                #expect(metrics.family("netledger_agent_ebpf_map_current_size") == [labels: 12])
                #expect(
                    metrics.family("netledger_lost_bytes_total") == [
                        #"{cluster="default",node="node-1",reason="map_full",direction="egress"}"#: 140,
                        #"{cluster="default",node="node-1",reason="map_full",direction="ingress"}"#: 60,
                    ]
                )
            }
    }

    @Test func thePageEqualsTheModelAndPassesPromtool() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let seed = SeededRandom().seed
        let classifier = try TestClassifier { $0.destinations = TrafficModel.destinations }
        try await classifier.run { client in
            var random = SeededRandom(seed: seed)
            var model = TrafficModel(destinations: TrafficModel.destinations)
            for sequence in 1...30 as ClosedRange<UInt64> {
                let batch = TrafficModel.randomBatch(
                    node: "n",
                    sequence: sequence,
                    startNanoseconds: (TestClassifier.start - 600) * 1_000_000_000,
                    &random
                )
                try await client.post(batch)
                model.add(batch)
                // Scrapes in between make the rendered labels grow bit by bit.
                let metrics = try await client.metrics()
                let expected = model.podCounters()
                let egress = metrics.family("netledger_pod_network_egress_bytes_total")
                let ingress = metrics.family("netledger_pod_network_ingress_bytes_total")
                #expect(unescaped(egress) == expected.mapValues { Double($0.egressBytes) }, "seed \(seed)")
                #expect(unescaped(ingress) == expected.mapValues { Double($0.ingressBytes) }, "seed \(seed)")
                let booked = try await client.usage("start=-1h").counters
                #expect(egress.values.reduce(0, +) == Double(booked.egressBytes), "seed \(seed)")
            }
            _ = try await client.post(bytes: [1])
            let text = try await client.metrics().text
            try text.write(toFile: directory.file("metrics"), atomically: true, encoding: .utf8)
            let command = "exec promtool check metrics < \"$0\" 2>&1"
            let complaints = try Shell.run(["/bin/sh", "-c", command, directory.file("metrics")])
            #expect(complaints == "")
        }
    }

    @Test func everyFamilyIsExplained() async throws {
        try await TestClassifier()
            .run { client in
                try await client.post(FlowBatch.test())
                let lines = try await client.metrics().text.split(separator: "\n")
                let types = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
                let helps = lines.filter { $0.hasPrefix("# HELP ") }.map { $0.split(separator: " ")[2] }
                #expect(types == helps)
                #expect(Set(types).count == types.count)
            }
    }

    /// Label values as they were before they were escaped.
    private func unescaped(_ family: [String: Double]) -> [String: Double] {
        var plain: [String: Double] = [:]
        for (labels, value) in family {
            plain[labels.replacing(#"\""#, with: "\"").replacing(#"\\"#, with: #"\"#)] = value
        }
        return plain
    }
}
