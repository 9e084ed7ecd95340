// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import Foundation
import HTTPTypes
import HummingbirdTesting
import Ledger
import Pricing
import Queries
import Settings
import TestSupport
import Testing
import Traffic

@testable import Classifier

@Suite struct DiffRouteTests {
    private static let book = """
        name: test
        currency: USD
        from: 2025-01-01
        lines:
          - {name: all, charge: all, direction: both, per: GB, price: 0.01}
        """

    @Test func theLargestChangeComesFirstWhicheverWay() async throws {
        let book = try PriceBook(path: "book.yaml", text: Self.book)
        for prices in [book, nil] {
            try await TestClassifier { $0.prices = prices }
                .run { client in
                    let hour: Int64 = 3600
                    let start = TestClassifier.start
                    for (sequence, time, bytes) in [
                        (1, start - 2 * hour, ["a": 5_000_000_000, "b": 1_000_000_000, "c": 7]),
                        (2, start - hour, ["a": 1_000_000_000, "b": 2_000_000_000, "d": 9]),
                    ] as [(UInt64, Int64, [String: UInt64])] {
                        let names = bytes.keys.sorted()
                        try await client.post(
                            FlowBatch.test(
                                sequence: sequence,
                                start: time,
                                owners: names.map { .unit($0) },
                                flows: names.enumerated()
                                    .map { .to("8.8.8.8", owner: $0.offset, egress: bytes[$0.element] ?? 0) }
                            )
                        )
                    }
                    let range =
                        "start=\(UTCTime(secondsSinceEpoch: start - hour))&end=\(UTCTime(secondsSinceEpoch: start))"
                    let csv = try await client.get("/api/v1/diff?\(range)&group_by=pod&limit=2&format=csv").text
                    let money = prices == nil ? ["", "", "", ""] : []
                    let rows = CSVText.cells(csv).dropFirst().map { Array($0) }
                    #expect(
                        rows == [
                            ["a", "5000000000", "1000000000", "-4000000000"]
                                + (prices == nil ? money : ["0.050000000", "0.010000000", "-0.040000000", "USD"]),
                            ["b", "1000000000", "2000000000", "1000000000"]
                                + (prices == nil ? money : ["0.010000000", "0.020000000", "0.010000000", "USD"]),
                            ["(other)", "7", "9", "2"]
                                + (prices == nil ? money : ["0.000000000", "0.000000000", "0.000000000", "USD"]),
                        ]
                    )
                    let table = try await client.get("/api/v1/diff?\(range)&group_by=pod&format=table").text
                    #expect(table.contains("-4.00 GB") && table.contains("+1.00 GB"))
                }
        }
    }

    @Test(arguments: [
        ("step=1h", "step"), ("order=group", "order"), ("before_start=now&before_end=-1h", "before_start"),
        ("before_end=soon", "before_end"), ("group_by=colour", "group_by"),
    ])
    func aWrongParameterIsNamed(query: String, parameter: String) async throws {
        try await TestClassifier()
            .run { client in
                let response = try await client.get("/api/v1/diff?\(query)")
                #expect(response.status == .badRequest, "\(response.text)")
                #expect(try response.problem().parameter == parameter)
            }
    }

    @Test func aRateThatChangedAndStayedIsFoundAfterTheHour() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let clock = ManualClock(seconds: TestClassifier.start + 300)
        var options = LedgerOptions()
        options.commitInterval = .zero
        let ledger = try Ledger(path: directory.file("ledger.db"), options: options)
        let rules = Rulebook(NetworkPlan())
        let hours = Int64(StepDetector.baseline + StepDetector.recent)
        let end = TestClassifier.start - TestClassifier.start % 3600
        for hour in 0..<hours {
            let isRecent = hour >= hours - Int64(StepDetector.recent)
            let batch = FlowBatch.test(
                sequence: UInt64(hour + 1),
                start: end - (hours - hour) * 3600,
                flows: [.to("8.8.8.8", egress: isRecent ? 11_000_000_000 : 1_000_000_000)]
            )
            _ = try await ledger.book(Booking(classifying: batch, with: rules))
        }
        let watch = StepWatch(ledger: ledger, clock: clock.wall, logger: TestClassifier.silent)
        #expect(watch.steps.isEmpty)
        try await watch.look()
        #expect(watch.steps.map(\.group) == [["default", "system.slice", "internet"]])
        #expect(watch.steps.map(\.before) == [1_000_000_000])
        #expect(watch.steps.map(\.after) == [11_000_000_000])
        await ledger.close()
    }
}
