// SPDX-License-Identifier: Apache-2.0
import Traffic
import Wire

/// A delivery is refused, or it is one that its own encoder would have written.
enum WireProperty {
    static func check(_ bytes: [UInt8]) throws(FuzzFailure) {
        // Anything that is no answer is refused with a `WireError`, which is all that it can throw.
        _ = try? Acknowledgement(encoded: bytes)
        let delivery: Delivery
        do {
            delivery = try Delivery(encoded: bytes)
        } catch {
            return try FuzzFailure.unless(!"\(error)".isEmpty, "a refusal without a reason")
        }
        let again: Delivery
        do {
            var bodies: [[UInt8]] = []
            for batch in delivery.batches { bodies.append(try batch.encoded()) }
            again = try Delivery(encoded: delivery.note.encoded(with: bodies))
        } catch {
            throw FuzzFailure("what was read cannot be written: \(error)")
        }
        try FuzzFailure.unless(again == delivery, "what was written again reads otherwise: \(again), \(delivery)")
        for batch in delivery.batches {
            var total = FlowCounters.zero
            for flow in batch.flows {
                try FuzzFailure.unless(batch.owners.indices.contains(flow.owner), "an owner that is none")
                total += flow.counters
            }
            for loss in batch.losses { total += loss.counters }
            try FuzzFailure.unless(batch.running?.contains(total) ?? true, "a running sum below the batch's own")
        }
    }
}
