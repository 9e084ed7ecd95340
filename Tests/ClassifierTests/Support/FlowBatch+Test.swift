// SPDX-License-Identifier: Apache-2.0
import Traffic

extension FlowBatch {
    /// A batch of five seconds that starts at `start`.
    ///
    /// - Parameter start: Seconds since 1970-01-01T00:00:00Z.
    static func test(
        node: String = "node-1",
        bootID: UInt128 = 7,
        sequence: UInt64 = 1,
        start: Int64 = TestClassifier.start - 60,
        region: String = "",
        zone: String = "",
        owners: [Owner] = [.unit("web.service")],
        flows: [Flow] = [.to("93.184.216.34", egress: 1000, ingress: 5000)],
        losses: [Loss] = [],
        maps: [MapUse] = []
    ) -> FlowBatch {
        FlowBatch(
            source: BatchSource(cluster: "default", node: node, bootID: bootID),
            sequence: sequence,
            interval: Interval(start: start * 1_000_000_000, end: (start + 5) * 1_000_000_000),
            region: region,
            zone: zone,
            owners: owners,
            flows: flows,
            losses: losses,
            maps: maps
        )
    }
}

extension Owner {
    /// A systemd unit in `system.slice`.
    static func unit(_ name: String, cgroupID: UInt64 = 1) -> Owner {
        Owner(kind: .unit, cgroupID: cgroupID, namespace: "system.slice", pod: name)
    }
}

extension Flow {
    /// A TCP flow to port 443 with one packet for every started 1,000 bytes.
    ///
    /// Stops the test program if `remote` is not an address.
    static func to(
        _ remote: String,
        owner: Int = 0,
        initiator: Initiator = .pod,
        viaLoopback: Bool = false,
        egress: UInt64 = 0,
        ingress: UInt64 = 0
    ) -> Flow {
        guard let address = IPAddress(remote) else { preconditionFailure("\(remote) is not an address") }
        return Flow(
            owner: owner,
            remote: address,
            servicePort: 443,
            ipProtocol: .tcp,
            initiator: initiator,
            viaLoopback: viaLoopback,
            counters: FlowCounters(
                egressBytes: egress,
                ingressBytes: ingress,
                egressPackets: (egress + 999) / 1000,
                ingressPackets: (ingress + 999) / 1000
            )
        )
    }
}
