// SPDX-License-Identifier: Apache-2.0
import Traffic

extension FlowCounters {
    /// What was added since `earlier`, field by field; the counters only grow.
    func growth(since earlier: FlowCounters) -> FlowCounters {
        FlowCounters(
            egressBytes: egressBytes - earlier.egressBytes,
            ingressBytes: ingressBytes - earlier.ingressBytes,
            egressPackets: egressPackets - earlier.egressPackets,
            ingressPackets: ingressPackets - earlier.ingressPackets
        )
    }
}
