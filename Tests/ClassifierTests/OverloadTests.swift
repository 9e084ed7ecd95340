// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import HTTPTypes
import Ledger
import Queries
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

/// More comes than the ledger can commit.
@Suite struct OverloadTests {
    /// A pipeline whose ledger has room for few rows; it commits when it is told to, or when the room is full.
    private func pipeline(_ classifier: TestClassifier, rows: Int, commitRows: Int) throws -> Pipeline {
        var options = LedgerOptions()
        options.maximumWaitingRows = rows
        options.commitRows = commitRows
        options.commitInterval = .seconds(3600)
        return Pipeline(
            ledger: try Ledger(path: classifier.settings.database, options: options),
            classify: { Booking(classifying: $0, with: Rulebook(NetworkPlan())) },
            clock: classifier.clock.wall,
            logger: TestClassifier.silent
        )
    }

    /// A batch of as many rows as there are `rows`, each of another unit.
    private static func batch(_ node: String, sequence: UInt64, rows: Int) -> FlowBatch {
        .test(
            node: node,
            sequence: sequence,
            owners: (0..<rows).map { .unit("u\($0).service", cgroupID: UInt64($0 + 1)) },
            flows: (0..<rows).map { .to("93.184.216.34", owner: $0, egress: sequence * 100 + UInt64($0), ingress: 1) }
        )
    }

    /// Ten times what fits comes at once, again and again: the queue stays within its bound, what does not fit is refused
    /// with a date, and agents that come back have booked every byte once in the end.
    @Test func whatDoesNotFitIsRefusedAndNothingIsLost() async throws {
        let (agents, batches, rows, fitting) = (20, 3, 8, 2)
        let classifier = try TestClassifier()
        let pipeline = try pipeline(classifier, rows: fitting * rows, commitRows: .max)
        var next = [UInt64](repeating: 1, count: agents)
        var sum = FlowCounters.zero
        var refusals = 0
        while case let pending = next.indices.filter({ next[$0] <= batches }), !pending.isEmpty {
            try await withThrowingTaskGroup(of: (agent: Int, refusal: Refusal?).self) { group in
                for agent in pending {
                    let body = try Self.batch("node-\(agent)", sequence: next[agent], rows: rows).encoded()
                    group.addTask { (agent, try await Self.refusal(of: body, by: pipeline)) }
                }
                // Those that fit wait for a commit, and there is none before all others were told to come back.
                for _ in fitting..<max(fitting, pending.count) {
                    let refusal = try await group.next()?.refusal
                    #expect(refusal?.status == 503)
                    #expect(refusal?.isDated == true)
                    refusals += 1
                }
                if pending.count >= fitting { #expect(pipeline.ledger.activity().waitingRows <= fitting * rows) }
                while pipeline.ledger.activity().waitingRows < min(fitting, pending.count) * rows { await Task.yield() }
                await pipeline.ledger.flush()
                for try await result in group {
                    #expect(result.refusal == nil)
                    for flow in Self.batch("", sequence: next[result.agent], rows: rows).flows { sum += flow.counters }
                    next[result.agent] += 1
                }
            }
        }
        let status = try await pipeline.ledger.status()
        #expect(status.totals == sum)
        #expect(status.nodes.count == agents)
        #expect(status.nodes.allSatisfy { $0.sequence == batches && $0.duplicates == 0 && $0.missing == 0 })
        #expect(status.losses.isEmpty)
        #expect(pipeline.meter.snapshot.refused[.ledgerUnavailable]?.batches == UInt64(refusals))
        await pipeline.ledger.close()
    }

    /// A node that sends over many connections at once is told that it is its own fault, and the others do not notice.
    @Test func whoFloodsLeavesRoomForTheOthers() async throws {
        let classifier = try TestClassifier()
        let pipeline = try pipeline(classifier, rows: 100, commitRows: 100)
        try await withThrowingTaskGroup(of: (isPolite: Bool, refusal: Refusal?).self) { group in
            // Each of the flood's batches repeats or outruns another: what they are worth is for the commit to say.
            for number in 1...30 {
                let body = try Self.batch("flood", sequence: UInt64(number), rows: 5).encoded()
                group.addTask { (false, try await Self.refusal(of: body, by: pipeline)) }
            }
            var greedy = 0
            // The first twenty that do not fit come back at once; the others wait for the commit.
            while greedy < 20, let result = try await group.next() {
                #expect(!result.isPolite)
                #expect(result.refusal?.status == 429)
                #expect(result.refusal?.isDated == true)
                greedy += 1
            }
            #expect(pipeline.ledger.activity().waitingRows == 50)
            for agent in 0..<10 {
                let body = try Self.batch("node-\(agent)", sequence: 1, rows: 5).encoded()
                group.addTask { (true, try await Self.refusal(of: body, by: pipeline)) }
            }
            // The last of them fills the room, which starts the commit.
            var booked = 0
            for try await result in group where result.isPolite {
                #expect(result.refusal == nil)
                booked += 1
            }
            #expect(booked == 10)
        }
        let nodes = try await pipeline.ledger.status().nodes
        #expect(nodes.count { $0.source.node.hasPrefix("node-") && $0.sequence == 1 } == 10)
        #expect(pipeline.health.failure(now: classifier.clock.wall.now()) == nil, "one node's fault is nobody else's")
        await pipeline.ledger.close()
    }

    /// The answer to a batch that was not booked.
    private struct Refusal {
        var status: Int
        /// True if it says when to come back.
        var isDated: Bool
    }

    private static func refusal(of body: [UInt8], by pipeline: Pipeline) async throws -> Refusal? {
        do {
            _ = try await pipeline.ingest(body, from: .anyone)
            return nil
        } catch {
            let wait = error.problem.headers[.retryAfter].flatMap { Int($0) } ?? 0
            return Refusal(status: error.problem.problem.status, isDated: wait > 0)
        }
    }
}
