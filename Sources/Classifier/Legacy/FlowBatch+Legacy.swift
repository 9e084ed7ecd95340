// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Traffic
import Wire

extension FlowBatch {
    /// The cluster of agents whose payload does not name one.
    static let legacyCluster = "default"
    /// The reason under which bytes are booked whose pod the agent did not name.
    static let unnamedPod = "unnamed-pod"
    /// The kernel map whose size the agents report.
    static let legacyMap = "conn_stats"

    /// The batch that `payload`, received at `now`, stands for.
    ///
    /// What the payload does not say is taken so:
    /// - The bytes were counted at some time before they came; they are booked in the minute in which they came.
    /// - `srcPodName` names the socket's pod if `direction` is 0, `dstPodName` if it is 1.
    /// - The remote side is `dstIp`, whatever the direction is: for `direction` 1 the agent swaps the addresses, but
    ///   not the names and the ports. Should another entry of the payload with `direction` 0 show that `dstIp` is
    ///   the pod's own address, the agent did not swap, and the remote side is `srcIp`.
    /// - The pod started the flow if `podInitiated` says so; where it is missing, if `direction` is 0.
    /// - There are no packets, and no protocol.
    ///
    /// - Parameters:
    ///   - source: Who the ledger takes as the sender.
    ///   - sequence: Position of the batch in the sequence of `source`.
    ///   - now: Nanoseconds since 1970-01-01T00:00:00Z.
    /// - Throws: A refusal that names the member whose value cannot be used; nothing of the payload is booked then.
    init(
        legacy payload: LegacyPayload,
        source: BatchSource,
        sequence: UInt64,
        now: Int64
    ) throws(IngestRefusal) {
        let limits = WireLimits.default
        try LegacyCheck.name(payload.agentNode, field: "agentNode", bytes: 1...limits.labelBytes)
        let entries = payload.entries ?? []
        guard entries.count <= limits.records else {
            throw LegacyCheck.refusal("entries", "has \(entries.count) elements; at most \(limits.records) are taken")
        }
        var owners = LegacyOwners()
        for entry in entries where entry.direction.value == 0 { owners.learn(entry) }
        var flows: [Flow] = []
        flows.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            let field = "entries[\(index)]"
            guard entry.direction.value <= 1 else {
                throw LegacyCheck.refusal("\(field).direction", "is \(entry.direction.value); it is 0 or 1")
            }
            let sourceAddress = try LegacyCheck.address(entry.srcIp, field: "\(field).srcIp")
            let destination = try LegacyCheck.address(entry.dstIp, field: "\(field).dstIp")
            try LegacyCheck.bytes(entry.txBytes.value, field: "\(field).txBytes")
            try LegacyCheck.bytes(entry.rxBytes.value, field: "\(field).rxBytes")
            let pod = LegacyOwners.Pod(entry)
            try LegacyCheck.name(pod.name, field: "\(field).\(pod.side)PodName", bytes: 0...limits.nameBytes)
            try LegacyCheck.name(pod.namespace, field: "\(field).\(pod.side)PodNamespace", bytes: 0...limits.nameBytes)
            let podInitiated = entry.podInitiated.map { $0.value != 0 } ?? (entry.direction.value == 0)
            flows.append(
                Flow(
                    owner: owners.index(of: pod),
                    remote: owners.isOwn(entry.dstIp, of: pod) && !owners.isOwn(entry.srcIp, of: pod)
                        ? sourceAddress : destination,
                    servicePort: min(entry.srcPort?.value ?? 0, entry.dstPort?.value ?? 0),
                    ipProtocol: IPProtocol(rawValue: 0),
                    initiator: podInitiated ? .pod : .remote,
                    counters: FlowCounters(egressBytes: entry.txBytes.value, ingressBytes: entry.rxBytes.value)
                )
            )
        }
        guard owners.table.count <= limits.owners else {
            throw LegacyCheck.refusal("entries", "names \(owners.table.count) pods; at most \(limits.owners) are taken")
        }
        var maps: [MapUse] = []
        if let capacity = payload.ebpfMapMaxSize {
            maps = [MapUse(name: Self.legacyMap, entries: payload.epbfMapSize?.value ?? 0, capacity: capacity.value)]
        }
        self.init(
            source: source,
            sequence: sequence,
            interval: Interval(start: now, end: now + 1),
            owners: owners.table,
            flows: flows,
            maps: maps
        )
    }
}

/// The pods of one payload.
private struct LegacyOwners {
    /// The pod whose socket an entry is about.
    struct Pod: Hashable {
        var namespace: String
        var name: String
        /// Which members name it: `src` or `dst`.
        var side: String

        init(_ entry: LegacyPayload.Entry) {
            let isSource = entry.direction.value == 0
            side = isSource ? "src" : "dst"
            name = (isSource ? entry.srcPodName : entry.dstPodName) ?? ""
            namespace = (isSource ? entry.srcPodNamespace : entry.dstPodNamespace) ?? ""
        }

        static func == (left: Pod, right: Pod) -> Bool {
            left.name == right.name && left.namespace == right.namespace
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(name)
            hasher.combine(namespace)
        }
    }

    private(set) var table: [Owner] = []
    private var indices: [Pod: Int] = [:]
    private var addresses: [Pod: Set<String>] = [:]

    /// Notes the address that `entry`, whose direction is 0, shows to be the pod's own.
    mutating func learn(_ entry: LegacyPayload.Entry) {
        let pod = Pod(entry)
        if !pod.name.isEmpty { addresses[pod, default: []].insert(entry.srcIp) }
    }

    /// True if an entry showed that `address` is the pod's own.
    func isOwn(_ address: String, of pod: Pod) -> Bool {
        addresses[pod]?.contains(address) ?? false
    }

    mutating func index(of pod: Pod) -> Int {
        if let known = indices[pod] { return known }
        let isNamed = !pod.name.isEmpty
        indices[pod] = table.count
        table.append(
            Owner(
                kind: isNamed ? .pod : .unattributed,
                cgroupID: 0,
                namespace: isNamed ? pod.namespace : "",
                pod: isNamed ? pod.name : FlowBatch.unnamedPod
            )
        )
        return table.count - 1
    }
}

/// What a value of the payload must be.
private enum LegacyCheck {
    static func refusal(_ field: String, _ what: String) -> IngestRefusal {
        IngestRefusal(reason: .invalid, problem: RequestProblem(.badRequest, "'\(field)' \(what).", field: field))
    }

    static func address(_ text: String, field: String) throws(IngestRefusal) -> IPAddress {
        guard text.utf8.count <= 64, let address = IPAddress(text) else {
            throw refusal(field, "is not an IP address")
        }
        return address
    }

    static func bytes(_ count: UInt64, field: String) throws(IngestRefusal) {
        guard count < WireLimits.numberBound else {
            throw refusal(field, "is \(count), which no interval holds; the agent's counter went backwards")
        }
    }

    static func name(_ text: String, field: String, bytes: ClosedRange<Int>) throws(IngestRefusal) {
        guard bytes.contains(text.utf8.count) else {
            throw refusal(field, "has \(text.utf8.count) bytes; \(bytes.lowerBound) to \(bytes.upperBound) are taken")
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw refusal(field, "contains a control character")
        }
    }
}
