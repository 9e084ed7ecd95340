// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

/// Pods at a bridge, and a pod in the node's own network namespace: the owner is the socket's cgroup, not its address.
@Suite(.serialized, .whereMeteringWorks) struct BridgeTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    @Test func eachPodOfANodeHasItsOwnAccount() async throws {
        let lab = try WireLab(west: ["pod", "neighbour", WireLab.node])
        defer { lab.remove() }
        for host in lab.hosts.indices { try lab.offload(host, segmentation: true, merging: true) }
        try await Metering.expectTheWire("pods at a bridge, one with the node's network", lab) {
            var port: UInt16 = 5000
            for form in TrafficExchange.Form.allCases {
                for (client, server) in [(0, 3), (1, 3), (2, 3), (3, 0), (3, 1), (3, 2)] {
                    port += 1
                    let connection = try lab.connection(form, from: client, to: server, port: port)
                    try lab.finish(connection, count: 100_000, reply: 300_000, .clientFirst)
                    let service = try lab.service(form, at: server, port: port)
                    let requests = [1, 100, 1400]
                    for kind in WireLab.Client.allCases {
                        try lab.ask(service, form, from: client, at: server, as: kind, requests: requests, reply: 500)
                    }
                }
            }
        }
    }
}
