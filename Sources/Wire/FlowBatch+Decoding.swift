// SPDX-License-Identifier: Apache-2.0
import SwiftProtobuf
public import Traffic

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension FlowBatch {
    /// Reads a batch from the body of `POST /v1/flows`.
    ///
    /// Nothing is allocated for elements that the bytes only claim to have, and what is returned satisfies every
    /// rule of `flow_batch.proto`: indexes are in range, columns agree, and sums are those the writer states.
    ///
    /// - Throws: ``WireError`` that names the first field that breaks a rule; the version is looked at first.
    public init(encoded bytes: [UInt8], limits: WireLimits = .default) throws(WireError) {
        let census = try WireCensus(bytes)
        guard census.schemaVersion == WireLimits.schemaVersion else {
            throw .unsupportedVersion(census.schemaVersion)
        }
        try census.check(limits)
        let message: ProtoFlowBatch
        do {
            message = try ProtoFlowBatch(serializedBytes: bytes, options: .strict)
        } catch {
            throw .malformed(reason: String(describing: error))
        }
        var owners: [Owner] = []
        owners.reserveCapacity(message.owners.count)
        for (index, owner) in message.owners.enumerated() {
            owners.append(try Owner(owner, at: index))
        }
        self.init(
            source: BatchSource(
                cluster: message.cluster,
                node: message.node,
                bootID: try Self.bootID(message.bootID)
            ),
            sequence: message.sequence,
            interval: Interval(start: message.intervalStartNs, end: message.intervalEndNs),
            region: message.region,
            zone: message.zone,
            owners: owners,
            flows: try message.flows.flows(),
            losses: message.losses.map(Loss.init),
            maps: message.maps.map { MapUse(name: $0.name, entries: $0.entries, capacity: $0.capacity) },
            running: message.totals.hasRunning ? FlowCounters(message.totals.running) : nil
        )
        let total = try check(limits)
        guard message.hasTotals else {
            throw .invalid(field: "totals", reason: "is missing: the body was cut short")
        }
        try message.totals.check(flows: flows.count, total)
    }

    private static func bootID(_ bytes: Data) throws(WireError) -> UInt128 {
        guard bytes.count == 16 else {
            throw .invalid(field: "boot_id", reason: "has \(bytes.count) bytes; it has 16")
        }
        return bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }
}

extension ProtoTotals {
    /// Compares what the writer put in with what was read.
    fileprivate func check(flows count: Int, _ total: FlowCounters) throws(WireError) {
        for (field, stated, found) in [
            ("flows", flows, UInt64(count)),
            ("egress_bytes", egressBytes, total.egressBytes),
            ("ingress_bytes", ingressBytes, total.ingressBytes),
            ("egress_packets", egressPackets, total.egressPackets),
            ("ingress_packets", ingressPackets, total.ingressPackets),
        ] where stated != found {
            throw .invalid(field: "totals.\(field)", reason: "is \(stated) and the parts add up to \(found)")
        }
    }
}

extension WireCensus {
    /// Refuses what would take more memory to decode than a batch within `limits`.
    fileprivate func check(_ limits: WireLimits) throws(WireError) {
        for (field, count, limit) in [
            ("owners", owners, limits.owners), ("losses", losses, limits.losses), ("maps", maps, limits.maps),
        ] where count > limit {
            throw .invalid(field: field, reason: "has \(count) entries; at most \(limit) are allowed")
        }
        for column in columns.indices {
            let limit = Self.columnNames[column] == "remote_v6" ? limits.records * 2 : limits.records
            guard columns[column] <= limit else {
                throw .invalid(
                    field: "flows.\(Self.columnNames[column])",
                    reason: "has \(columns[column]) elements; at most \(limit) are allowed"
                )
            }
        }
    }
}

extension ProtoFlowColumns {
    /// The rows of the columns, once their lengths agree.
    fileprivate func flows() throws(WireError) -> [Flow] {
        let count = owner.count
        for (name, length) in [
            ("service_port", servicePort.count), ("key_bits", keyBits.count), ("egress_bytes", egressBytes.count),
            ("ingress_bytes", ingressBytes.count), ("egress_packets", egressPackets.count),
            ("ingress_packets", ingressPackets.count),
        ] where length != count {
            throw .invalid(field: "flows.\(name)", reason: "has \(length) elements and flows.owner has \(count)")
        }
        guard remoteV6.count.isMultiple(of: 2) else {
            throw .invalid(field: "flows.remote_v6", reason: "has \(remoteV6.count) elements; an address takes two")
        }
        guard remoteV4.count + remoteV6.count / 2 == count else {
            throw .invalid(
                field: "flows.remote_v4",
                reason: "and flows.remote_v6 hold \(remoteV4.count + remoteV6.count / 2) addresses for \(count) flows"
            )
        }
        var flows: [Flow] = []
        flows.reserveCapacity(count)
        for index in 0..<count {
            flows.append(try flow(at: index))
        }
        return flows
    }

    private func flow(at index: Int) throws(WireError) -> Flow {
        guard let port = UInt16(exactly: servicePort[index]) else {
            throw .invalid(
                field: "flows.service_port[\(index)]",
                reason: "is \(servicePort[index]); it lies in 0...65535"
            )
        }
        guard let key = KeyBits(rawValue: keyBits[index]) else {
            throw .invalid(
                field: "flows.key_bits[\(index)]",
                reason: "is \(keyBits[index]): the initiator is 3 or a bit above 12 is set"
            )
        }
        return Flow(
            owner: Int(owner[index]),
            remote: try remote(at: index),
            servicePort: port,
            ipProtocol: key.ipProtocol,
            initiator: key.initiator,
            viaLoopback: key.viaLoopback,
            service: key.service,
            counters: FlowCounters(
                egressBytes: egressBytes[index],
                ingressBytes: ingressBytes[index],
                egressPackets: egressPackets[index],
                ingressPackets: ingressPackets[index]
            )
        )
    }

    private func remote(at index: Int) throws(WireError) -> IPAddress {
        guard index >= remoteV4.count else { return IPAddress(v4: remoteV4[index]) }
        let upper = (index - remoteV4.count) * 2
        let address = IPAddress(bits: UInt128(remoteV6[upper]) << 64 | UInt128(remoteV6[upper + 1]))
        guard !address.isIPv4 else {
            throw .invalid(
                field: "flows.remote_v6[\(upper)]",
                reason: "starts an IPv4-mapped address, which belongs in remote_v4"
            )
        }
        return address
    }
}

extension Owner {
    fileprivate init(_ owner: ProtoOwner, at index: Int) throws(WireError) {
        let kind: Owner.Kind
        switch owner.kind {
        case .unattributed: kind = .unattributed
        case .pod: kind = .pod
        case .unit: kind = .unit
        case .container: kind = .container
        case .cgroup: kind = .cgroup
        case .UNRECOGNIZED(let value):
            throw .invalid(field: "owners[\(index)].kind", reason: "is \(value); 0...4 are known")
        }
        self.init(
            kind: kind,
            cgroupID: owner.cgroupID,
            namespace: owner.namespace,
            pod: owner.pod,
            podUID: owner.podUid,
            containerID: owner.containerID,
            cgroupPath: owner.cgroupPath
        )
    }
}

extension FlowCounters {
    init(_ counters: ProtoCounters) {
        self.init(
            egressBytes: counters.egressBytes,
            ingressBytes: counters.ingressBytes,
            egressPackets: counters.egressPackets,
            ingressPackets: counters.ingressPackets
        )
    }
}

extension Loss {
    init(_ loss: ProtoLoss) {
        self.init(
            reason: loss.reason,
            counters: FlowCounters(
                egressBytes: loss.egressBytes,
                ingressBytes: loss.ingressBytes,
                egressPackets: loss.egressPackets,
                ingressPackets: loss.ingressPackets
            )
        )
    }
}
