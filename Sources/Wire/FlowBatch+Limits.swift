// SPDX-License-Identifier: Apache-2.0
import Traffic

extension FlowBatch {
    /// Checks everything that `flow_batch.proto` demands of a batch.
    ///
    /// Both directions go through here, so nothing is sent that a reader of this version would refuse.
    ///
    /// - Returns: The sum over flows and losses.
    /// - Throws: ``WireError/invalid(field:reason:)`` for the first field that breaks a limit.
    func check(_ limits: WireLimits) throws(WireError) -> FlowCounters {
        try Self.check("cluster", source.cluster, 1...limits.labelBytes)
        try Self.check("node", source.node, 1...limits.labelBytes)
        guard (1..<WireLimits.numberBound).contains(sequence) else {
            throw .invalid(field: "sequence", reason: "is \(sequence); it lies in 1..<2^56")
        }
        try checkInterval()
        try Self.check("region", region, 0...limits.nameBytes)
        try Self.check("zone", zone, 0...limits.nameBytes)
        try Self.check("owners", owners.count, atMost: limits.owners)
        for (index, owner) in owners.enumerated() {
            try Self.check(owner, at: index, limits)
        }
        try Self.check("flows", flows.count, atMost: limits.records)
        try Self.check("losses", losses.count, atMost: limits.losses)
        try Self.check("maps", maps.count, atMost: limits.maps)
        for (index, map) in maps.enumerated() {
            try Self.check("maps[\(index)].name", map.name, 1...limits.labelBytes)
            guard map.entries < WireLimits.numberBound, map.capacity < WireLimits.numberBound else {
                throw .invalid(field: "maps[\(index)]", reason: "has a number that is not below 2^56")
            }
        }
        let total = try checkCounters(limits)
        if let running { try Self.checkRunning(running, total) }
        return total
    }

    private static func checkRunning(_ running: FlowCounters, _ total: FlowCounters) throws(WireError) {
        guard running.isBelowRunningBound else {
            throw .invalid(field: "totals.running", reason: "has a counter that is not below 2^62")
        }
        guard running.contains(total) else {
            throw .invalid(field: "totals.running", reason: "is less than the batch's own sum")
        }
    }

    private func checkInterval() throws(WireError) {
        guard interval.start < interval.end else {
            throw .invalid(field: "interval_end_ns", reason: "is not later than interval_start_ns")
        }
        guard interval.start >= WireLimits.earliest else {
            throw .invalid(field: "interval_start_ns", reason: "is before 2000-01-01T00:00:00Z")
        }
        guard interval.end <= WireLimits.latest else {
            throw .invalid(field: "interval_end_ns", reason: "is after 2200-01-01T00:00:00Z")
        }
    }

    private func checkCounters(_ limits: WireLimits) throws(WireError) -> FlowCounters {
        var total = FlowCounters.zero
        for index in flows.indices {
            guard flows[index].owner >= 0, flows[index].owner < owners.count else {
                throw .invalid(
                    field: "flows.owner[\(index)]",
                    reason: "is \(flows[index].owner) and the batch has \(owners.count) owners"
                )
            }
            if let column = total.add(flows[index].counters) {
                throw .invalid(field: "flows.\(column)[\(index)]", reason: "takes the sum to 2^56 or more")
            }
        }
        for (index, loss) in losses.enumerated() {
            try Self.checkReason(loss.reason, at: index, limits)
            if let column = total.add(loss.counters) {
                throw .invalid(field: "losses[\(index)].\(column)", reason: "takes the sum to 2^56 or more")
            }
        }
        return total
    }
}

extension FlowBatch {
    private static func check(_ field: String, _ count: Int, atMost limit: Int) throws(WireError) {
        guard count <= limit else {
            throw .invalid(field: field, reason: "has \(count) entries; at most \(limit) are allowed")
        }
    }

    private static func check(_ owner: Owner, at index: Int, _ limits: WireLimits) throws(WireError) {
        let names = 0...limits.nameBytes
        // The paths of the fields are only spelled out for what is wrong: this runs for every owner of a batch.
        guard
            violation(of: owner.namespace, names) == nil,
            violation(of: owner.pod, 1...limits.nameBytes) == nil,
            violation(of: owner.podUID, names) == nil,
            violation(of: owner.containerID, names) == nil,
            violation(of: owner.cgroupPath, 0...limits.pathBytes) == nil
        else {
            try check("owners[\(index)].namespace", owner.namespace, names)
            try check("owners[\(index)].pod", owner.pod, 1...limits.nameBytes)
            try check("owners[\(index)].pod_uid", owner.podUID, names)
            try check("owners[\(index)].container_id", owner.containerID, names)
            try check("owners[\(index)].cgroup_path", owner.cgroupPath, 0...limits.pathBytes)
            return
        }
    }

    private static func check(_ field: String, _ text: String, _ lengths: ClosedRange<Int>) throws(WireError) {
        if let reason = violation(of: text, lengths) {
            throw .invalid(field: field, reason: reason)
        }
    }

    /// What is wrong with `text`, or `nil`: a length in bytes outside `lengths`, or a control character.
    private static func violation(of text: String, _ lengths: ClosedRange<Int>) -> String? {
        guard lengths.contains(text.utf8.count) else {
            return text.isEmpty
                ? "is empty"
                : "has \(text.utf8.count) bytes; at most \(lengths.upperBound) are allowed"
        }
        var previous: UInt8 = 0
        for byte in text.utf8 {
            // C0 and DEL are one byte, C1 is 0xC2 and a byte in 0x80...0x9F.
            if byte < 0x20 || byte == 0x7f || (previous == 0xc2 && byte < 0xa0) {
                return "contains a control character"
            }
            previous = byte
        }
        return nil
    }

    static func checkReason(_ reason: String, at index: Int, of field: String = "losses", _ limits: WireLimits)
        throws(WireError)
    {
        let permitted = reason.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard permitted, (1...limits.reasonBytes).contains(reason.utf8.count) else {
            throw .invalid(
                field: "\(field)[\(index)].reason",
                reason: "is not 1...\(limits.reasonBytes) lower-case letters, digits and underscores"
            )
        }
    }
}

extension FlowCounters {
    /// True if each counter is below 2^62.
    var isBelowRunningBound: Bool {
        egressBytes | ingressBytes | egressPackets | ingressPackets < WireLimits.runningBound
    }

    /// Adds `other`, unless a counter of it or of the sum reaches 2^56.
    ///
    /// - Returns: The name of the first counter that does, or `nil` after an addition.
    mutating func add(_ other: FlowCounters) -> String? {
        let bound = WireLimits.numberBound
        // Both summands are below 2^56 wherever the sum is looked at, so it cannot wrap.
        guard other.egressBytes < bound, egressBytes &+ other.egressBytes < bound else { return "egress_bytes" }
        guard other.ingressBytes < bound, ingressBytes &+ other.ingressBytes < bound else { return "ingress_bytes" }
        guard other.egressPackets < bound, egressPackets &+ other.egressPackets < bound else {
            return "egress_packets"
        }
        guard other.ingressPackets < bound, ingressPackets &+ other.ingressPackets < bound else {
            return "ingress_packets"
        }
        self += other
        return nil
    }
}
