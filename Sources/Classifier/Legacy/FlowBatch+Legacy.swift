// SPDX-License-Identifier: Apache-2.0
import Classification
import HTTPTypes
import Traffic
import Wire

extension FlowBatch {
    /// The reason under which bytes are booked whose pod the agent did not name, and nobody else knows.
    static let unnamedPod = "unnamed-pod"
    /// The kernel map whose size the agents report.
    static let legacyMap = "conn_stats"

    /// The batch that `payload`, received at `now`, stands for.
    ///
    /// What the payload does not say is taken so:
    /// - The bytes were counted at some time before they came; they are booked in the minute in which they came.
    /// - `srcPodName` names the socket's pod if `direction` is 0, `dstPodName` if it is 1. The pod is looked for by its
    ///   own address: one that is not named is whose the address is, and one that is named has the UID of the pod there
    ///   if that is called the same. A pod in its node's network cannot be found so, and keeps the agent's names.
    /// - The remote side is `dstIp`, whatever the direction is: for `direction` 1 the agent swaps the addresses, but
    ///   not the names and the ports. Should another entry of the payload with `direction` 0, or the cluster, show that
    ///   `dstIp` is the pod's own address, the agent did not swap, and the remote side is `srcIp`.
    /// - The pod started the flow if `podInitiated` says so; where it is missing, if `direction` is 0.
    /// - There are no packets, and no protocol.
    ///
    /// - Parameters:
    ///   - source: Who the ledger takes as the sender.
    ///   - sequence: Position of the batch in the sequence of `source`.
    ///   - now: Nanoseconds since 1970-01-01T00:00:00Z.
    ///   - inventory: What is known of the agent's cluster; `nil` if nothing is.
    /// - Throws: A refusal that names the member whose value cannot be used; nothing of the payload is booked then.
    init(
        legacy payload: LegacyPayload,
        source: BatchSource,
        sequence: UInt64,
        now: Int64,
        inventory: Inventory? = nil
    ) throws(IngestRefusal) {
        let limits = WireLimits.default
        try LegacyCheck.name(payload.agentNode, field: "agentNode", bytes: 1...limits.labelBytes)
        let entries = payload.entries ?? []
        guard entries.count <= limits.records else {
            throw LegacyCheck.refusal("entries", "has \(entries.count) elements; at most \(limits.records) are taken")
        }
        var owners = LegacyOwners(node: payload.agentNode, inventory: inventory, now: now)
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
            let isSwapped = owners.isOwn(destination, of: pod) && !owners.isOwn(sourceAddress, of: pod)
            flows.append(
                Flow(
                    owner: owners.index(of: pod, at: isSwapped ? destination : sourceAddress),
                    remote: isSwapped ? sourceAddress : destination,
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

    private let node: String
    private let inventory: Inventory?
    private let interval: Interval
    private var indices: [Owner: Int] = [:]
    private var addresses: [Pod: Set<IPAddress>] = [:]

    /// No pods yet, of an agent on `node` whose payload came at `now`.
    init(node: String, inventory: Inventory?, now: Int64) {
        self.node = node
        self.inventory = inventory
        interval = Interval(start: now, end: now + 1)
    }

    /// Notes the address that `entry`, whose direction is 0, shows to be the pod's own.
    mutating func learn(_ entry: LegacyPayload.Entry) {
        let pod = Pod(entry)
        guard !pod.name.isEmpty, let address = IPAddress(entry.srcIp) else { return }
        addresses[pod, default: []].insert(address)
    }

    /// True if an entry or the cluster shows that `address` is the pod's own.
    func isOwn(_ address: IPAddress, of pod: Pod) -> Bool {
        if addresses[pod]?.contains(address) ?? false { return true }
        guard let names = find(address)?.names else { return false }
        // The agent sees the sockets of its own node only.
        return pod.name.isEmpty ? names.node == node : pod.isCalled(names)
    }

    /// The index of the pod whose own address is `address`.
    mutating func index(of pod: Pod, at address: IPAddress) -> Int {
        var owner = Owner(kind: .pod, cgroupID: 0, namespace: pod.namespace, pod: pod.name)
        if let (uid, names) = find(address), pod.name.isEmpty ? names.node == node : pod.isCalled(names) {
            owner.namespace = names.namespace
            owner.pod = names.name
            owner.podUID = uid
        } else if pod.name.isEmpty {
            owner = Owner(kind: .unattributed, cgroupID: 0, namespace: "", pod: FlowBatch.unnamedPod)
        }
        if let known = indices[owner] { return known }
        indices[owner] = table.count
        table.append(owner)
        return table.count - 1
    }

    private func find(_ address: IPAddress) -> (uid: String, names: PodNames)? {
        guard let inventory, let uid = inventory.uidOfPod(at: address, during: interval) else { return nil }
        return inventory.names(ofPod: uid).map { (uid, $0) }
    }
}

extension LegacyOwners.Pod {
    /// True if `names` are the pod's.
    fileprivate func isCalled(_ names: PodNames) -> Bool {
        name == names.name && namespace == names.namespace
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
