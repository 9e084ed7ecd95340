// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
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
    /// Where the bytes are booked.
    let ledger: Ledger
    /// Turns a batch into a booking.
    let classify: @Sendable (FlowBatch) async -> Booking
    /// The time of day.
    let clock: WallClock
    /// Receives what the sender cannot act on.
    let logger: Logger
    /// By how much a node's clock may differ before its batches are booked by the classifier's.
    var maxClockSkew = Duration.seconds(300)
    /// Where bodies are until they are classified.
    var room = BodyRoom(capacity: .max)
    /// Counts what came in.
    let meter = IngestMeter()
    /// The agents' own gauges.
    let gauges = AgentGauges()
    /// What the nodes said last.
    let reports = NodeReports()
    /// Whether the ledger takes batches.
    let health = LedgerHealth()
    /// Numbers the payloads of agents that do not.
    let legacy = LegacySources()
    /// The cluster of agents whose payload does not name one.
    var legacyCluster = "default"
    /// What is known of that cluster; `nil` if nothing is.
    var legacyInventory: @Sendable () async -> Inventory? = { nil }
    /// Sees every booking that was applied.
    var applied: @Sendable (Booking) -> Void = { _ in }

    /// Books the batches that `body` holds; returns after they are durable.
    ///
    /// - Parameters:
    ///   - sender: Who sends them; a batch of a node that it may not report for is refused, with all others.
    ///   - classified: Called when the body and its flows are not needed any more, and only sums wait for the commit.
    func ingest(
        _ body: consuming [UInt8],
        from sender: Sender,
        classified: @Sendable () -> Void = {}
    ) async throws(IngestRefusal) -> Acknowledgement {
        let size = body.count
        do {
            return try await book(try decode(body, from: sender), size: size, classified: classified)
        } catch {
            meter.count(error.reason, bytes: UInt64(size))
            throw error
        }
    }

    /// Books the JSON payload of an acll19/netledger v0.1 agent that `body` holds; returns after it is durable.
    ///
    /// - Parameters:
    ///   - sender: Who sends it.
    ///   - classified: Called when the body is not needed any more. As for ``ingest(_:from:classified:)``.
    func ingestLegacy(
        _ body: [UInt8],
        from sender: Sender,
        classified: @Sendable () -> Void = {}
    ) async throws(IngestRefusal) {
        do throws(IngestRefusal) {
            let payload = try LegacyPayload(json: body)
            let node = payload.agentNode
            let now = clock.now()
            let source = BatchSource(cluster: legacyCluster, node: node, bootID: legacy.bootID)
            // Whatever is wrong with it is found before others wait for it.
            var batch = try check(
                FlowBatch(
                    legacy: payload,
                    source: source,
                    sequence: 1,
                    now: now,
                    inventory: await legacyInventory()
                ),
                from: sender
            )
            batch.sequence = await legacy.enter(node)
            do throws(IngestRefusal) {
                _ = try await book(
                    Delivery(note: DeliveryNote(), batches: [batch]),
                    size: body.count,
                    agentStarted: payload.timestamp?.value,
                    classified: classified
                )
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

    /// Reads `body`, and moves what lies in the future, or was timed by a wrong clock, to the classifier's time.
    ///
    /// What `sender` may not report is refused before anything is noted of it.
    private func decode(_ body: [UInt8], from sender: Sender) throws(IngestRefusal) -> Delivery {
        var delivery: Delivery
        do {
            delivery = try Delivery(encoded: body)
        } catch {
            throw IngestRefusal(error)
        }
        for batch in delivery.batches { _ = try check(batch, from: sender) }
        let now = clock.now()
        let (seconds, attoseconds) = maxClockSkew.components
        let tolerance = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        let skew = delivery.note.sent.map { $0.subtractingSaturating(now) }
        for index in delivery.batches.indices {
            let (source, interval) = (delivery.batches[index].source, delivery.batches[index].interval)
            if index == 0 { reports.record(delivery.note, from: source, skew: skew) }
            let reason: NodeReports.Distrust
            let shift: Int64
            if let skew, skew.magnitude > UInt64(tolerance) {
                (reason, shift) = (.clockSkew, skew)
            } else if interval.end - now > tolerance {
                (reason, shift) = (.future, interval.end - now)
            } else {
                continue
            }
            delivery.batches[index].interval = interval.earlier(by: shift, notAfter: now)
            // A clock that is wrong stays wrong for many batches; each counts, and one is told.
            logger.log(
                level: reports.distrust(source, for: reason) ? .warning : .debug,
                "a batch is booked by the classifier's clock, for its own time cannot be right",
                metadata: [
                    "cluster": "\(source.cluster)", "node": "\(source.node)", "reason": "\(reason.rawValue)",
                    "seconds_ahead": "\(shift / 1_000_000_000)",
                ]
            )
        }
        return delivery
    }

    private func book(
        _ delivery: consuming Delivery,
        size: Int,
        agentStarted: Int64? = nil,
        classified: @Sendable () -> Void
    ) async throws(IngestRefusal) -> Acknowledgement {
        let bookings = try await self.bookings(of: delivery)
        for index in delivery.batches.indices {
            delivery.batches[index].flows = []
            delivery.batches[index].owners = []
        }
        classified()
        let started = ContinuousClock.now
        let answers: [Result<Receipt, LedgerError>]
        do {
            answers = try await withGracefulShutdownHandler {
                try await ledger.book(bookings)
            } onGracefulShutdown: {
                // The server waits for this request, so the commit must not wait for its interval.
                Task { await ledger.flush() }
            }
        } catch {
            throw unavailable(error)
        }
        var receipts: [Receipt] = []
        for (index, answer) in answers.enumerated() {
            switch answer {
            case .success(let receipt):
                receipts.append(receipt)
                guard receipt.outcome != .gap else { continue }
                if receipt.outcome == .applied { applied(bookings[index]) }
                gauges.record(delivery.batches[index], started: agentStarted, now: clock.now())
                meter.count(
                    receipt.outcome,
                    records: bookings[index].records,
                    bytes: index == 0 ? size : 0,
                    elapsed: .now - started
                )
            case .failure(let error) where error.isTransient:
                throw unavailable(error)
            case .failure(let error) where receipts.isEmpty:
                throw IngestRefusal(
                    reason: .invalid,
                    problem: RequestProblem(.badRequest, "Nothing was booked: \(error)", field: "flows")
                )
            case .failure:
                // What stands before it is booked; it comes first the next time, and is refused then.
                continue
            }
        }
        health.succeeded()
        guard let acknowledgement = Acknowledgement(receipts) else {
            throw IngestRefusal(
                reason: .internal,
                problem: RequestProblem(
                    .internalServerError,
                    "The ledger did not answer; nothing is known to be booked."
                )
            )
        }
        if acknowledgement.outcome == .gap { meter.countGap() }
        return acknowledgement
    }

    /// The batches of `delivery`, classified; each may only be booked after the one before it.
    private func bookings(of delivery: Delivery) async throws(IngestRefusal) -> [Booking] {
        var bookings: [Booking] = []
        var after = delivery.note.after
        var skipped = delivery.note.skipped
        for batch in delivery.batches {
            var booking = await classify(batch)
            if let imbalance = Imbalance(batch: batch, booking: booking) {
                logger.critical("classification lost or made bytes", metadata: ["imbalance": "\(imbalance)"])
                throw IngestRefusal(
                    reason: .internal,
                    problem: RequestProblem(
                        .internalServerError,
                        "Nothing was booked, for the sums differ: \(imbalance)."
                    )
                )
            }
            booking.running = batch.running
            booking.after = after
            booking.skipped = skipped
            bookings.append(booking)
            after = batch.sequence
            skipped = []
        }
        return bookings
    }

    /// The refusal of what may succeed later.
    private func unavailable(_ error: any Error) -> IngestRefusal {
        let isGreedy = (error as? LedgerError)?.code == .greedy
        if !isGreedy { health.failed("\(error)", now: clock.now()) }
        logger.log(
            level: isGreedy ? .debug : .error,
            "the ledger did not book a batch",
            metadata: ["error": "\(error)"]
        )
        return IngestRefusal(
            reason: .ledgerUnavailable,
            problem: RequestProblem(
                isGreedy ? .tooManyRequests : .serviceUnavailable,
                "Nothing was booked, and the batch may be sent again: \(error)",
                headers: [.retryAfter: isGreedy ? "1" : "5"]
            )
        )
    }
}

extension Interval {
    /// The same length of time, `shift` nanoseconds earlier, or as much more as makes it end at `limit`.
    fileprivate func earlier(by shift: Int64, notAfter limit: Int64) -> Interval {
        let end = min(self.end.subtractingSaturating(shift), limit)
        return Interval(start: max(0, end.subtractingSaturating(self.end - start)), end: end)
    }
}

extension Int64 {
    /// The difference, or the nearest number that fits.
    fileprivate func subtractingSaturating(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (self < other ? .min : .max) : difference
    }
}
