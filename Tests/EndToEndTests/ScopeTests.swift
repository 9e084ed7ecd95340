// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic

/// The operator's lists decide how far the real bytes of each peer went.
@Suite(.serialized, .whereMeteringWorks) struct ScopeTests {
    /// A peer, what the lists say of it, and what the answer must be.
    private struct Peer {
        var name: String
        var scope: Scope
        var rules: Set<String>
    }

    private static let peers = [
        Peer(name: "zonal", scope: .sameZone, rules: ["in-zone"]),
        Peer(name: "regional", scope: .sameRegion, rules: ["in-region"]),
        Peer(name: "distant", scope: .crossRegion, rules: ["cross-region"]),
        Peer(name: "public", scope: .internet, rules: ["internet"]),
        Peer(name: "placed", scope: .sameRegion, rules: ["direct-classification"]),
        Peer(
            name: "unlisted",
            scope: .unknown,
            rules: ["special-purpose:private-use", "special-purpose:unique-local"]
        ),
    ]

    @Test func theListsDecideScopeRuleAndLabels() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let lab = try TrafficLab(Self.legs, hosts: ["centre"] + Self.peers.map(\.name))
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
        }
        try await deployment.startClassifier(configuration: Self.configuration(lab.sides.map(\.host)))
        try await deployment.startAgent(["--region", "here", "--zone", "here-a"])
        try await lab.run()
        try await deployment.stopAgent()

        var expected: [[String]: FlowCounters] = [:]
        for (leg, counters) in try lab.truth() {
            let scope = Self.peers[leg.server - 1].scope
            expected[["centre", scope.rawValue], default: .zero] += counters.client
        }
        let usage = try await deployment.usage(by: ["pod", "scope"], namespace: lab.parentCgroup)
        let booked = try usage.byGroup("pod", "scope").filter { $0.key[0] == "centre" }
        #expect(booked == expected)

        let rules = try await deployment.usage(by: ["pod", "scope", "rule"], namespace: lab.parentCgroup)
        for peer in Self.peers {
            let named = rules.rows.filter { $0.group["pod"] == "centre" && $0.group["scope"] == peer.scope.rawValue }
            #expect(Set(named.compactMap { $0.group["rule"] }).isSuperset(of: peer.rules), "\(peer.name): \(named)")
        }
        try await expectLabels(expected, lab, deployment)
    }

    /// A pod with more flows than its quota keeps every byte; what the quota leaves out has no remote, so no scope.
    @Test func beyondItsQuotaAPodsBytesHaveNoRemote() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let lab = try TrafficLab(Self.legs, hosts: ["centre"] + Self.peers.map(\.name))
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
        }
        try await deployment.startClassifier(configuration: Self.configuration(lab.sides.map(\.host)))
        try await deployment.startAgent(["--owner-quota", "3"])
        try await lab.run()
        try await deployment.stopAgent()

        let usage = try await deployment.usage(by: ["pod", "scope", "rule"], namespace: lab.parentCgroup)
        let centre = usage.rows.filter { $0.group["pod"] == "centre" }
        #expect(centre.contains { $0.group["rule"] == "special-purpose:unspecified-address" }, "\(centre)")
        let booked = centre.map(\.counters).reduce(into: .zero, +=)
        #expect(try booked == lab.truth().map(\.value.client).reduce(into: .zero, +=))
    }

    /// The same bytes under the three booleans of the counters.
    private func expectLabels(
        _ expected: [[String]: FlowCounters],
        _ lab: TrafficLab,
        _ deployment: Deployment
    ) async throws {
        let samples = MetricSample.all(in: try await deployment.metrics())
        for scope in Scope.allCases where scope != .loopback && scope != .multicast {
            let traffic = TrafficClass(initiator: .pod, scope: scope)
            // Unknown and cross-region traffic share their labels: neither is near, nor known to be the internet.
            let alike = Scope.allCases.filter { other in
                let labels = TrafficClass(initiator: .pod, scope: other)
                return (labels.internet, labels.sameRegion, labels.sameZone)
                    == (traffic.internet, traffic.sameRegion, traffic.sameZone)
            }
            let counters = alike.compactMap { expected[["centre", $0.rawValue]] }.reduce(into: .zero, +=)
            let labels = [
                "namespace": lab.parentCgroup, "pod_name": "centre", "pod_initiated": "true",
                "internet": "\(traffic.internet)", "same_region": "\(traffic.sameRegion)",
                "same_zone": "\(traffic.sameZone)",
            ]
            for (direction, bytes) in [("egress", counters.egressBytes), ("ingress", counters.ingressBytes)] {
                let name = "netledger_pod_network_\(direction)_bytes_total"
                #expect(
                    samples.filter { $0.name == name && $0.labels == labels }.map(\.value) == ["\(bytes)"],
                    "\(scope) \(direction)"
                )
            }
        }
    }

    /// One TCP and one UDP exchange with each peer, in both families.
    private static var legs: [TrafficLab.Leg] {
        var legs: [TrafficLab.Leg] = []
        for peer in peers.indices {
            for form in [TrafficExchange.Form.v4, .v6] {
                for transport in [
                    TrafficExchange.Transport.tcp(connections: 3, chunk: 10_000),
                    .udp(sockets: 2, requests: 3, connected: true),
                ] {
                    let exchange = TrafficExchange(
                        transport,
                        form,
                        port: UInt16(7000 + legs.count),
                        requestBytes: 100 + legs.count,
                        replyBytes: 1000 + legs.count
                    )
                    legs.append(.init(exchange, client: 0, server: peer + 1))
                }
            }
        }
        return legs
    }

    private static func configuration(_ hosts: [NetworkLab.Host]) -> String {
        """
        destinations:
          in-zone: ["\(hosts[1].v4)", "\(hosts[1].v6)/128"]
          in-region: ["\(hosts[2].v4)/32", "\(hosts[2].v6)"]
          cross-region: ["\(hosts[3].v4)", "\(hosts[3].v6)"]
          internet: ["\(hosts[4].v4)", "\(hosts[4].v6)"]
          direct-classification:
            - region: here
              zone: here-b
              ips: ["\(hosts[5].v4)", "\(hosts[5].v6)"]

        """
    }
}
