// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Ledger
import Queries
import Testing
import Traffic
import Wire

@testable import Classifier

@Suite struct PipelineTests {
    @Test func whenTheSumsDifferNothingIsBooked() async throws {
        let pipeline = try TestClassifier()
            .pipeline { batch in
                var booking = Booking(classifying: batch, with: Rulebook(NetworkPlan()))
                booking.entries[0].counters.egressBytes -= 1
                return booking
            }
        let body = try FlowBatch.test().encoded()
        let refusal = await #expect(throws: IngestRefusal.self) { try await pipeline.ingest(body, from: .anyone) }
        #expect(refusal?.problem.problem.status == 500)
        #expect(refusal?.problem.problem.detail.contains("egress 1000 B") == true)
        #expect(pipeline.meter.snapshot.refused[.internal] == .init(batches: 1, bytes: UInt64(body.count)))
        #expect(try await pipeline.ledger.status().totals.isZero)
        #expect(try await pipeline.ledger.status().nodes.isEmpty)
        await pipeline.ledger.close()
    }

    @Test func anUnusableLedgerAsksForPatience() async throws {
        let classifier = try TestClassifier()
        let pipeline = try classifier.pipeline()
        let requests = RequestMeter()
        let routes = [IngestRoute(pipeline: pipeline, maxBody: 10_000).route] + HealthRoutes(pipeline: pipeline).routes
        let table = RouteTable(
            routes,
            gate: Gatekeeper(.open, clock: classifier.clock.wall, logger: TestClassifier.silent),
            queries: QueryLimits(timeout: .seconds(30)),
            meter: requests,
            logger: TestClassifier.silent
        )
        try await Application(responder: table, logger: TestClassifier.silent)
            .test(.router) { client in
                try await client.post(FlowBatch.test(sequence: 1))
                #expect(try await client.get("/readyz").status == .ok)

                await pipeline.ledger.close()
                let response = try await client.post(bytes: FlowBatch.test(sequence: 2).encoded())
                #expect(response.status == .serviceUnavailable)
                #expect(response.headers[.retryAfter].flatMap(Int.init) ?? 0 > 0)
                #expect(try response.problem().detail.contains("closed"))
                #expect(pipeline.meter.snapshot.refused[.ledgerUnavailable]?.batches == 1)

                #expect(try await client.get("/healthz").status == .ok)
                let ready = try await client.get("/readyz")
                #expect(ready.status == .serviceUnavailable)
                #expect(try ready.problem().detail.contains("closed"))
                // Somebody has to try again.
                classifier.clock.advance(seconds: 30)
                #expect(try await client.get("/readyz").status == .ok)
            }
    }

    @Test func whatTheLedgerCanNeverHoldIsRefusedForGood() async throws {
        let classifier = try TestClassifier()
        let pipeline = try classifier.pipeline()
        // Each batch may carry nearly 2^56 bytes, and a series ends at 2^62.
        let most = WireLimits.numberBound - 1
        var refusal: IngestRefusal?
        for sequence in 1...70 where refusal == nil {
            let batch = FlowBatch.test(sequence: UInt64(sequence), flows: [.to("8.8.8.8", egress: most)])
            do {
                _ = try await pipeline.ingest(try batch.encoded(), from: .anyone)
            } catch let error as IngestRefusal {
                refusal = error
            }
        }
        #expect(refusal?.reason == .invalid)
        #expect(refusal?.problem.problem.status == 400)
        let total = try await pipeline.ledger.status().totals.egressBytes
        #expect(total == UInt64(pipeline.meter.snapshot.applied) * most)
        await pipeline.ledger.close()
    }
}
