// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Where the counters of a flow stand in the values of a map.
struct CounterFields {
    var egressBytes: MapField
    var ingressBytes: MapField
    var egressPackets: MapField
    var ingressPackets: MapField

    /// The counters in the value at `value`.
    func counters(in value: UnsafeRawPointer) -> FlowCounters {
        FlowCounters(
            egressBytes: egressBytes.integer(in: value),
            ingressBytes: ingressBytes.integer(in: value),
            egressPackets: egressPackets.integer(in: value),
            ingressPackets: ingressPackets.integer(in: value)
        )
    }
}
