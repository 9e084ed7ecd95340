// SPDX-License-Identifier: Apache-2.0
import Queries
import TestSupport
import Testing
import Traffic

@testable import Ledger

@Suite("What an answer says it lacks, node by node")
struct RangeGapTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
    }

    /// Three nodes: one that reports to the end, one that fell silent at 00:30:05, and one that lost bytes.
    private func makeLedger() async throws -> Ledger {
        var options = LedgerOptions.immediate
        options.now = { midnight + 7200 }
        let ledger = try Ledger(path: path, options: options)
        let loss = Loss(reason: "map_full", counters: .sample(5))
        _ = try await ledger.book(.sample(source: .sample(node: "well"), sequence: 1, at: midnight + 7190))
        _ = try await ledger.book(.sample(source: .sample(node: "silent"), sequence: 1, at: midnight + 60))
        _ = try await ledger.book(.sample(source: .sample(node: "silent", boot: 2), sequence: 1, at: midnight + 1800))
        _ = try await ledger.book(
            .sample(source: .sample(node: "lossy"), sequence: 1, at: midnight + 7200 - 115, losses: [loss])
        )
        return ledger
    }

    @Test func onlyNodesWithGapsAreNamed() async throws {
        defer { directory.remove() }
        let ledger = try await makeLedger()
        let answer = try await ledger.answer(to: .day())
        #expect(
            answer.nodes == [
                NodeGap(cluster: "c", node: "lossy", lost: [Loss(reason: "map_full", counters: .sample(5))]),
                NodeGap(cluster: "c", node: "silent", silentSince: midnight + 1805),
            ]
        )
        let table = answer.table()
        #expect(table.contains("Node c/silent has reported nothing after 2026-03-14T00:30:05Z\n"))
        #expect(table.contains("Node c/lossy lost 5 B egress, 10 B ingress: map_full\n"))
        let json = String(decoding: answer.json(), as: UTF8.self)
        #expect(json.contains(#""nodes":[{"cluster":"c","node":"lossy","lost":[{"reason":"map_full","egress_bytes":5"#))
        #expect(json.contains(#"{"cluster":"c","node":"silent","silent_since":"2026-03-14T00:30:05Z","lost":[]}]"#))
        await ledger.close()
    }

    @Test func theRangeAndTheFiltersDecide() async throws {
        defer { directory.remove() }
        let ledger = try await makeLedger()
        let beforeTheEnd = UsageQuery(start: midnight, end: midnight + 1800)
        #expect(try await ledger.answer(to: beforeTheEnd).nodes == [])
        let afterTheEnd = UsageQuery(start: midnight + 3600, end: midnight + 7200)
        #expect(try await ledger.answer(to: afterTheEnd).nodes.map(\.node) == ["lossy"])
        var query = UsageQuery.day()
        query.filters[.node] = ["silent", "well"]
        #expect(try await ledger.answer(to: query).nodes.map(\.node) == ["silent"])
        #expect(try await ledger.answer(to: query).lost.count == 1, "what was lost has no dimensions")
        query.filters[.node] = nil
        query.exclusions[.node] = ["silent"]
        #expect(try await ledger.answer(to: query).nodes.map(\.node) == ["lossy"])
        await ledger.close()
    }

    @Test func whoeverMaySeeNamespacesOnlySeesNoNodes() async throws {
        defer { directory.remove() }
        let ledger = try await makeLedger()
        var query = UsageQuery.day()
        query.visibility = .namespaces(["shop"])
        query.filters[.namespace] = ["shop"]
        let answer = try await ledger.answer(to: query)
        #expect(answer.nodes == [])
        #expect(answer.lost == [])
        #expect(answer.total.egressBytes == 4000)
        #expect(!String(decoding: answer.json(), as: UTF8.self).contains("nodes"))
        await ledger.close()
    }
}
