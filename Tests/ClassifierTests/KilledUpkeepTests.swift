// SPDX-License-Identifier: Apache-2.0
import Foundation
import HummingbirdTesting
import Ledger
import NIOCore
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

/// `kill -9` of the programs while buckets are sealed and pruned and while the ledger is copied.
@Suite("Upkeep and backup that are killed")
struct KilledUpkeepTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
    }

    private func start() async throws -> ClassifierProcess {
        try await ClassifierProcess(
            arguments: [
                "--database", path, "--keep-minutes", "2h", "--keep-hours", "1d", "--keep-days", "2d",
                "--commit-interval", "5ms",
            ],
            in: directory
        )
    }

    private func backUp(_ classifier: ClassifierProcess, to copy: String) throws -> ChildProcess {
        try netledger(["backup", copy, "--replace", "--server", "http://127.0.0.1:\(classifier.port)"])
    }

    private func netledger(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(
            [try BuiltProduct.path("netledger")] + arguments,
            directory: directory.path,
            outputPath: directory.file("netledger-\(UUID().uuidString).log")
        )
    }

    /// The batch with this sequence: 40 owners somewhere in the last four days, most of which is pruned soon.
    private func batch(_ sequence: UInt64, now: Int64, _ random: inout SeededRandom) -> FlowBatch {
        FlowBatch.test(
            sequence: sequence,
            start: now - .random(in: 10..<(4 * 86_400), using: &random),
            owners: (0..<40).map { .unit("unit-\($0).service") },
            flows: (0..<40)
                .map { owner in
                    .to("93.184.216.34", owner: owner, egress: .random(in: 60...90_000, using: &random), ingress: 500)
                }
        )
    }

    @Test func nothingIsLostOrRepeatedAndTheCopyIsWhole() async throws {
        defer { directory.remove() }
        var random = SeededRandom()
        let seed = Comment("seed \(random.seed)")
        let now = Int64(Date.now.timeIntervalSince1970)
        let copy = directory.file("copy.db")
        var sent = FlowCounters.zero
        var sequence: UInt64 = 1
        var next = batch(sequence, now: now, &random)
        for round in 0..<8 {
            let classifier = try await start()
            // Upkeep begins with what the rounds before left.
            let copying = round % 2 == 1 ? try backUp(classifier, to: copy) : nil
            for _ in 0..<Int.random(in: 5...25, using: &random) {
                let current = next
                let response = try await classifier.withClient { try await $0.post(current) }
                let acknowledgement = try Acknowledgement(
                    encoded: Array((response.body ?? ByteBuffer()).readableBytesView)
                )
                // The batch that a kill left unanswered may have been booked.
                #expect(acknowledgement.nextSequence == sequence + 1, seed)
                sent = current.flows.reduce(into: sent) { $0 += $1.counters }
                sequence += 1
                next = batch(sequence, now: now, &random)
            }
            let unanswered = next
            let last = Task { _ = try? await classifier.withClient { try await $0.post(unanswered) } }
            for _ in 0..<Int.random(in: 0...2000, using: &random) { await Task.yield() }
            if round % 4 == 1 { copying?.kill() }
            classifier.process.kill()
            await last.value
            copying?.kill()
            let check = try LedgerCheck(path: path)
            #expect(check.findings == [], seed)
        }

        let classifier = try await start()
        let final = next
        _ = try await classifier.withClient { try await $0.post(final) }
        sent = final.flows.reduce(into: sent) { $0 += $1.counters }
        try await backUp(classifier, to: copy).waitForSuccess()
        classifier.process.signal(SIGTERM)
        #expect(try await classifier.process.waitForExit() == .code(0))
        let restored = directory.file("restored.db")
        try await netledger(["ledger", "restore", copy, restored]).waitForSuccess()
        for path in [path, copy, restored] {
            try await netledger(["ledger", "check", path]).waitForSuccess()
            #expect(try LedgerCheck(path: path).totals == sent, seed)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(!names.contains { $0.contains("-backup-") }, "\(names)")
    }
}
