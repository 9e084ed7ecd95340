// SPDX-License-Identifier: Apache-2.0
import Ledger
import Queries
import TestSupport
import Testing
import Traffic

@Suite("Group commit")
struct GroupCommitTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
    }

    @Test func manyBookingsShareOneCommit() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .patient())
        try await withThrowingTaskGroup(of: Receipt.self) { group in
            for node in 0..<20 {
                group.addTask { try await ledger.book(.sample(source: .sample(node: "n\(node)"), sequence: 1)) }
            }
            await ledger.waits(for: 20)
            #expect(try await ledger.facts(for: .day()).facts.isEmpty, "nothing is visible before the commit")
            await ledger.flush()
            for try await receipt in group { #expect(receipt.outcome == .applied) }
        }
        let activity = ledger.activity()
        #expect(activity.commits == 1)
        #expect(activity.applied == 20)
        #expect(activity.records == 20)
        #expect(activity.rows == 20)
        #expect(activity.waitingRows == 0)
        await ledger.close()
    }

    @Test func enoughRowsStartACommit() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .patient(commitRows: 3))
        async let first = ledger.book(.sample(sequence: 1))
        await ledger.waits(for: 1)
        let second = try await ledger.book(.sample(source: .sample(node: "n2"), sequence: 1, pods: ["a", "b"]))
        #expect(second.outcome == .applied)
        #expect(try await first.outcome == .applied)
        #expect(ledger.activity().commits == 1)
        await ledger.close()
    }

    @Test func theIntervalStartsACommit() async throws {
        defer { directory.remove() }
        var options = LedgerOptions.immediate
        options.commitInterval = .milliseconds(1)
        let ledger = try Ledger(path: path, options: options)
        for sequence: UInt64 in 1...3 {
            #expect(try await ledger.book(.sample(sequence: sequence)).outcome == .applied)
        }
        #expect(ledger.activity().commits == 3)
        await ledger.close()
    }

    @Test func tooManyWaitingRowsAreBusy() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .patient(maximumWaitingRows: 3))
        async let first = ledger.book(.sample(sequence: 1, pods: ["a", "b"]))
        await ledger.waits(for: 2)
        #expect(try await code { _ = try await ledger.book(.sample(sequence: 2, pods: ["a", "b"])) } == .busy)
        async let second = ledger.book(.sample(source: .sample(node: "n2"), sequence: 2))
        await ledger.waits(for: 3)
        #expect(try await code { _ = try await ledger.book(.sample(sequence: 3)) } == .busy)
        await ledger.flush()
        #expect(try await first.outcome == .applied)
        #expect(try await second.outcome == .applied)
        async let third = ledger.book(.sample(sequence: 3))
        await ledger.waits(for: 1)
        await ledger.flush()
        #expect(try await third.outcome == .applied)
        await ledger.close()
    }

    @Test func aBookingLargerThanTheRoomIsAdmittedAlone() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .patient(commitRows: 1, maximumWaitingRows: 2))
        #expect(try await ledger.book(.sample(sequence: 1, pods: ["a", "b", "c", "d"])).outcome == .applied)
        await ledger.close()
    }

    @Test func closingCommitsWhatWaitsAndRefusesTheRest() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .patient())
        async let waiting = ledger.book(.sample(sequence: 1))
        await ledger.waits(for: 1)
        await ledger.close()
        #expect(try await waiting.outcome == .applied)
        #expect(try await code { _ = try await ledger.book(.sample(sequence: 2)) } == .closed)
        #expect(try await code { _ = try await ledger.facts(for: .day()) } == .closed)
        #expect(try await code { _ = try await ledger.status() } == .closed)
        await ledger.close()
        let again = try Ledger(path: path, options: .immediate)
        #expect(try await again.dayTotal() == .sample(1000))
        await again.close()
    }

    @Test func aCancelledTaskBooksNothingOrGetsItsAnswer() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .patient())
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await ledger.book(.sample(sequence: 1))
        }
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
        let early = Task { try await ledger.book(.sample(sequence: 1)) }
        await ledger.waits(for: 1)
        early.cancel()
        await ledger.flush()
        #expect(try await early.value.outcome == .applied)
        #expect(try await ledger.dayTotal() == .sample(1000))
        await ledger.close()
    }
}
