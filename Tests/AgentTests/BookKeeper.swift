// SPDX-License-Identifier: Apache-2.0
import Traffic
import Wire

@testable import Agent

/// A classifier with a ledger: it books each batch once, and what is missing before a batch as lost.
struct BookKeeper {
    /// How far one source has come.
    struct Mark: Hashable {
        var sequence: UInt64 = 0
        var running = FlowCounters.zero
    }

    var marks: [UInt128: Mark] = [:]
    /// Batches with flows that it does not take, and reports of their loss, by boot id and sequence.
    var refused: Set<String> = []
    var refusedReports: Set<String> = []
    var flows = FlowCounters.zero
    var losses: [String: FlowCounters] = [:]
    var intervals: [Interval] = []
    /// Shipments that it answered with a gap.
    var gaps = 0

    /// All bytes that it knows of.
    var booked: FlowCounters {
        losses.values.reduce(into: flows) { $0 += $1 }
    }

    /// The name of a batch in ``refused``.
    static func name(_ source: UInt128, _ sequence: UInt64) -> String {
        "\(source) \(sequence)"
    }

    mutating func book(_ body: [UInt8]) throws -> UploadAnswer {
        let delivery = try Delivery(encoded: body)
        for batch in delivery.batches {
            let name = Self.name(batch.source.bootID, batch.sequence)
            guard batch.flows.isEmpty ? !refusedReports.contains(name) : !refused.contains(name) else {
                return .refused(status: 400, detail: "no")
            }
        }
        var after = delivery.note.after
        var skipped = delivery.note.skipped
        var applied: UInt64 = 0
        var next: UInt64 = 0
        for batch in delivery.batches {
            var mark = marks[batch.source.bootID, default: Mark()]
            next = mark.sequence + 1
            if mark.sequence < after, batch.sequence != mark.sequence + 1 {
                gaps += 1
                return .acknowledged(Acknowledgement(outcome: .gap, nextSequence: next))
            }
            after = batch.sequence
            if batch.sequence <= mark.sequence { continue }
            guard let running = batch.running else { throw Missing() }
            var missing = running.subtracting(batch.totals).subtracting(mark.running)
            for loss in skipped where missing.contains(loss.counters) {
                missing = missing.subtracting(loss.counters)
                losses[loss.reason, default: .zero] += loss.counters
            }
            skipped = []
            if !missing.isZero { losses["not_received", default: .zero] += missing }
            for flow in batch.flows { flows += flow.counters }
            for loss in batch.losses { losses[loss.reason, default: .zero] += loss.counters }
            intervals.append(batch.interval)
            mark = Mark(sequence: batch.sequence, running: running)
            marks[batch.source.bootID] = mark
            applied += 1
            next = mark.sequence + 1
        }
        let outcome: Acknowledgement.Outcome = applied > 0 ? .applied : .duplicate
        return .acknowledged(Acknowledgement(outcome: outcome, nextSequence: next, applied: applied))
    }

    struct Missing: Error {}
}

extension UploadState {
    /// Sends the next shipment of `queue`, whenever that is due; returns false if there is none.
    mutating func deliver(
        from queue: some BatchQueue,
        at now: Int64,
        counters: AgentCounters = AgentCounters(),
        answer: (Shipment) throws -> UploadAnswer
    ) rethrows -> Bool {
        guard let shipment = queue.next(limit), let batch = shipment.batches.first else { return false }
        switch finish(try answer(shipment), of: shipment, at: now, jitter: 0.5) {
        case .release(let sequence, let applied):
            queue.release(through: sequence, of: batch.source)
            counters.update { $0.sent(shipment.batches.filter { $0.sequence <= sequence }, applied: applied) }
        case .rewind(let sequence): queue.rewind(to: sequence, of: batch.source)
        case .drop(let reason, _):
            queue.refuse(reason: reason)
            counters.update { $0.refused(batch, reason: reason) }
        case .narrow, .keep: break
        }
        return true
    }
}
