// SPDX-License-Identifier: Apache-2.0
import Traffic

extension FlowCounters {
    /// True if each of the four counters is below 2^62.
    ///
    /// The ledger keeps a series' total and a commit's sum below that, so that their sum fits SQLite's signed
    /// 64 bits.
    var isBookable: Bool {
        (egressBytes | ingressBytes | egressPackets | ingressPackets) >> 62 == 0
    }

    /// The sum, or `nil` if it or `other` is not bookable; `self` must be.
    func adding(bookable other: FlowCounters) -> FlowCounters? {
        guard other.isBookable else { return nil }
        var sum = self
        sum += other
        return sum.isBookable ? sum : nil
    }

    /// The exact sum, or `nil` if a counter would pass 64 bits.
    func addingExactly(_ other: FlowCounters) -> FlowCounters? {
        let (sum, overflow) = addingWithOverflow(other)
        return overflow ? nil : sum
    }

    /// The sum modulo 2^64, and whether that is not the sum.
    @inline(__always)
    func addingWithOverflow(_ other: FlowCounters) -> (FlowCounters, Bool) {
        let (egress, egressOver) = egressBytes.addingReportingOverflow(other.egressBytes)
        let (ingress, ingressOver) = ingressBytes.addingReportingOverflow(other.ingressBytes)
        let (sent, sentOver) = egressPackets.addingReportingOverflow(other.egressPackets)
        let (received, receivedOver) = ingressPackets.addingReportingOverflow(other.ingressPackets)
        return (
            FlowCounters(
                egressBytes: egress,
                ingressBytes: ingress,
                egressPackets: sent,
                ingressPackets: received
            ), egressOver || ingressOver || sentOver || receivedOver
        )
    }

    /// True if no counter is greater than that of `other`.
    func isWithin(_ other: FlowCounters) -> Bool {
        egressBytes <= other.egressBytes && ingressBytes <= other.ingressBytes
            && egressPackets <= other.egressPackets && ingressPackets <= other.ingressPackets
    }

    /// What is left of `self` without `other`, which is within it.
    func subtracting(_ other: FlowCounters) -> FlowCounters {
        FlowCounters(
            egressBytes: egressBytes - other.egressBytes,
            ingressBytes: ingressBytes - other.ingressBytes,
            egressPackets: egressPackets - other.egressPackets,
            ingressPackets: ingressPackets - other.ingressPackets
        )
    }

    /// Adds `other`; a counter that would pass 64 bits stays at the largest value instead.
    mutating func addSaturating(_ other: FlowCounters) {
        func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
            let (sum, over) = left.addingReportingOverflow(right)
            return over ? .max : sum
        }
        egressBytes = sum(egressBytes, other.egressBytes)
        ingressBytes = sum(ingressBytes, other.ingressBytes)
        egressPackets = sum(egressPackets, other.egressPackets)
        ingressPackets = sum(ingressPackets, other.ingressPackets)
    }
}
