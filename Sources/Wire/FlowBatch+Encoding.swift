// SPDX-License-Identifier: Apache-2.0
import SwiftProtobuf
public import Traffic

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension FlowBatch {
    /// The batch in protobuf, for `POST /v1/flows`.
    ///
    /// Flows with an IPv4 peer are written first; otherwise their order is kept.
    ///
    /// - Throws: ``WireError/invalid(field:reason:)`` if the batch breaks a limit of `flow_batch.proto`.
    public func encoded() throws(WireError) -> [UInt8] {
        let total = try check(.default)
        let message = ProtoFlowBatch.with { message in
            message.schemaVersion = WireLimits.schemaVersion
            message.cluster = source.cluster
            message.node = source.node
            message.bootID = withUnsafeBytes(of: source.bootID.bigEndian) { Data($0) }
            message.sequence = sequence
            message.intervalStartNs = interval.start
            message.intervalEndNs = interval.end
            message.region = region
            message.zone = zone
            message.owners = owners.map(ProtoOwner.init)
            message.flows = ProtoFlowColumns(flows)
            message.losses = losses.map(ProtoLoss.init)
            message.maps = maps.map(ProtoMapUse.init)
            message.totals = ProtoTotals(flows: flows.count, total, running: running)
        }
        do {
            return try message.serializedBytes()
        } catch {
            throw .malformed(reason: String(describing: error))
        }
    }
}

extension ProtoFlowColumns {
    fileprivate init(_ flows: [Flow]) {
        self.init()
        owner.reserveCapacity(flows.count)
        servicePort.reserveCapacity(flows.count)
        keyBits.reserveCapacity(flows.count)
        egressBytes.reserveCapacity(flows.count)
        ingressBytes.reserveCapacity(flows.count)
        egressPackets.reserveCapacity(flows.count)
        ingressPackets.reserveCapacity(flows.count)
        for flow in flows {
            guard let v4 = flow.remote.v4 else { continue }
            remoteV4.append(v4)
            append(flow)
        }
        for flow in flows where !flow.remote.isIPv4 {
            remoteV6.append(UInt64(truncatingIfNeeded: flow.remote.bits >> 64))
            remoteV6.append(UInt64(truncatingIfNeeded: flow.remote.bits))
            append(flow)
        }
    }

    private mutating func append(_ flow: Flow) {
        owner.append(UInt32(flow.owner))
        servicePort.append(UInt32(flow.servicePort))
        keyBits.append(KeyBits(flow).rawValue)
        egressBytes.append(flow.counters.egressBytes)
        ingressBytes.append(flow.counters.ingressBytes)
        egressPackets.append(flow.counters.egressPackets)
        ingressPackets.append(flow.counters.ingressPackets)
    }
}

extension ProtoOwner {
    fileprivate init(_ owner: Owner) {
        self.init()
        switch owner.kind {
        case .unattributed: kind = .unattributed
        case .pod: kind = .pod
        case .unit: kind = .unit
        case .container: kind = .container
        case .cgroup: kind = .cgroup
        }
        cgroupID = owner.cgroupID
        namespace = owner.namespace
        pod = owner.pod
        podUid = owner.podUID
        containerID = owner.containerID
        cgroupPath = owner.cgroupPath
    }
}

extension ProtoLoss {
    init(_ loss: Loss) {
        self.init()
        reason = loss.reason
        egressBytes = loss.counters.egressBytes
        ingressBytes = loss.counters.ingressBytes
        egressPackets = loss.counters.egressPackets
        ingressPackets = loss.counters.ingressPackets
    }
}

extension ProtoTotals {
    fileprivate init(flows count: Int, _ total: FlowCounters, running sum: FlowCounters?) {
        self.init()
        flows = UInt64(count)
        egressBytes = total.egressBytes
        ingressBytes = total.ingressBytes
        egressPackets = total.egressPackets
        ingressPackets = total.ingressPackets
        if let sum { running = ProtoCounters(sum) }
    }
}

extension ProtoCounters {
    init(_ counters: FlowCounters) {
        self.init()
        egressBytes = counters.egressBytes
        ingressBytes = counters.ingressBytes
        egressPackets = counters.egressPackets
        ingressPackets = counters.ingressPackets
    }
}

extension ProtoMapUse {
    fileprivate init(_ map: MapUse) {
        self.init()
        name = map.name
        entries = map.entries
        capacity = map.capacity
    }
}
