// SPDX-License-Identifier: Apache-2.0
import Classification
import HTTPTypes
import Ledger
import Logging
import ServiceLifecycle
import Traffic
import Wire

/// From the bytes of a body to a durable booking: decode, classify, check the sums, book.
///
/// Whatever goes wrong, either all of a batch is booked or nothing, and it is counted under its reason.
struct Pipeline: Sendable {
    /// How far ahead of the classifier's clock an interval may end, in nanoseconds: 1 hour.
    ///
    /// Bytes booked in the future would be missing from every answer until then. Lateness has no limit.
    static let toleratedLead: Int64 = 3600 * 1_000_000_000

    /// Where the bytes are booked.
    let ledger: Ledger
    /// Turns a batch into a booking.
    let classify: @Sendable (FlowBatch) async -> Booking
    /// The time of day.
    let clock: WallClock
    /// Receives what the sender cannot act on.
    let logger: Logger
    /// Counts what came in.
    let meter = IngestMeter()
    /// The agents' own gauges.
    let gauges = AgentGauges()
    /// Whether the ledger takes batches.
    let health = LedgerHealth()
    /// Numbers the payloads of agents that do not.
    let legacy = LegacySources()
    /// Sees every booking that was applied.
    var applied: @Sendable (Booking) -> Void = { _ in }

    /// Books the batch that `body` holds; returns after it is durable.
    ///
    /// - Parameter sender: Who sends it; a batch of a node that it may not report for is refused.
    func ingest(_ body: [UInt8], from sender: Sender) async throws(IngestRefusal) -> Acknowledgement {
        do {
            return try await book(try check(decode(body), from: sender), size: body.count)
        } catch {
            meter.count(error.reason, bytes: UInt64(body.count))
            throw error
        }
    }

    /// Books the JSON payload of an acll19/netledger v0.1 agent that `body` holds; returns after it is durable.
    ///
    /// - Parameter sender: Who sends it, as for ``ingest(_:from:)``.
    func ingestLegacy(_ body: [UInt8], from sender: Sender) async throws(IngestRefusal) {
        do throws(IngestRefusal) {
            let payload = try LegacyPayload(json: body)
            let node = payload.agentNode
            let now = clock.now()
            let source = BatchSource(cluster: FlowBatch.legacyCluster, node: node, bootID: legacy.bootID)
            // Whatever is wrong with it is found before others wait for it.
            var batch = try check(
                FlowBatch(legacy: payload, source: source, sequence: 1, now: now),
                from: sender
            )
            batch.sequence = await legacy.enter(node)
            do throws(IngestRefusal) {
                _ = try await book(batch, size: body.count, agentStarted: payload.timestamp?.value)
            } catch {
                await legacy.leave(node, booked: false)
                throw error
            }
            await legacy.leave(node, booked: true)
            meter.countLegacy()
        } catch {
            meter.count(error.reason, bytes: UInt64(body.count))
            throw error
        }
    }

    /// `batch`, if `sender` may report for its node.
    private func check(_ batch: FlowBatch, from sender: Sender) throws(IngestRefusal) -> FlowBatch {
        guard sender.mayReport(for: batch.source) else { throw IngestRefusal(foreign: batch.source) }
        return batch
    }

    private func decode(_ body: [UInt8]) throws(IngestRefusal) -> FlowBatch {
        let batch: FlowBatch
        do {
            batch = try FlowBatch(encoded: body)
        } catch {
            throw IngestRefusal(error)
        }
        let lead = batch.interval.end - clock.now()
        guard lead <= Self.toleratedLead else {
            throw IngestRefusal(
                reason: .interval,
                problem: RequestProblem(
                    .badRequest,
                    "The batch's interval ends \(lead / 1_000_000_000) seconds ahead of the classifier's clock; at most "
                        + "\(Self.toleratedLead / 1_000_000_000) are taken. Set the clock of node "
                        + "'\(batch.source.node)' or of the classifier.",
                    field: "interval"
                )
            )
        }
        return batch
    }

    private func book(
        _ batch: FlowBatch,
        size: Int,
        agentStarted: Int64? = nil
    ) async throws(IngestRefusal) -> Acknowledgement {
        let booking = await classify(batch)
        if let imbalance = Imbalance(batch: batch, booking: booking) {
            logger.critical("classification lost or made bytes", metadata: ["imbalance": "\(imbalance)"])
            throw IngestRefusal(
                reason: .internal,
                problem: RequestProblem(.internalServerError, "Nothing was booked, for the sums differ: \(imbalance).")
            )
        }
        let started = ContinuousClock.now
        let receipt: Receipt
        do {
            receipt = try await withGracefulShutdownHandler {
                try await ledger.book(booking)
            } onGracefulShutdown: {
                // The server waits for this request, so the commit must not wait for its interval.
                Task { await ledger.flush() }
            }
        } catch let error as LedgerError where !error.isTransient {
            throw IngestRefusal(
                reason: .invalid,
                problem: RequestProblem(.badRequest, "Nothing was booked: \(error)", field: "flows")
            )
        } catch {
            health.failed("\(error)", now: clock.now())
            logger.error("the ledger did not book a batch", metadata: ["error": "\(error)"])
            throw IngestRefusal(
                reason: .ledgerUnavailable,
                problem: RequestProblem(
                    .serviceUnavailable,
                    "Nothing was booked, and the batch may be sent again: \(error)",
                    headers: [.retryAfter: "5"]
                )
            )
        }
        health.succeeded()
        if receipt.outcome == .applied { applied(booking) }
        gauges.record(batch, started: agentStarted, now: clock.now())
        meter.count(receipt.outcome, records: booking.records, bytes: size, elapsed: .now - started)
        return Acknowledgement(receipt)
    }
}
