// SPDX-License-Identifier: Apache-2.0
import Traffic

extension FlowCounters {
    /// Bytes of both directions.
    var bytes: UInt64 {
        egressBytes + ingressBytes
    }
}
