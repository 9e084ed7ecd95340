// SPDX-License-Identifier: Apache-2.0
import Ledger
import TestSupport
import Testing
import Traffic

@Suite("Pod counters")
struct PodCountersTests {
    @Test func labelsDeriveFromTheSeries() {
        let key = SeriesKey.sample(namespace: "shop", pod: "web", initiator: .remote, scope: .sameRegion)
        let labels = PodLabels(key)
        #expect(
            labels
                == PodLabels(
                    namespace: "shop",
                    podName: "web",
                    podInitiated: false,
                    internet: false,
                    sameRegion: true,
                    sameZone: false
                )
        )
        #expect(PodLabels(.sample(initiator: .pod, scope: .internet)).podInitiated)
        #expect(PodLabels(.sample(initiator: .pod, scope: .internet)).internet)
        #expect(PodLabels(.sample(initiator: .unknown, scope: .sameZone)).sameZone)
    }

    @Test func seriesWithTheSameLabelsShareAValueAndLabelsStayInPlace() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let ledger = try Ledger(path: directory.file("ledger.db"), options: .immediate)
        func book(_ sequence: UInt64, _ series: SeriesKey) async throws {
            var booking = Booking.sample(sequence: sequence, pods: [])
            booking.entries = [Booking.Entry(series: series, counters: .sample(10))]
            _ = try await ledger.book(booking)
        }
        try await book(1, .sample(node: "n1", pod: "web", scope: .unknown))
        try await book(2, .sample(node: "n1", pod: "db", scope: .unknown))
        let before = ledger.podCounters()
        // Another node, and a scope whose three booleans are the same.
        try await book(3, .sample(node: "n2", pod: "web", scope: .unknown))
        try await book(4, .sample(node: "n1", pod: "web", scope: .crossRegion))
        try await book(5, .sample(node: "n1", pod: "web", scope: .internet))
        let after = ledger.podCounters()
        #expect(before.labels == Array(after.labels.prefix(before.labels.count)))
        #expect(after.labels.map(\.podName) == ["web", "db", "web"])
        #expect(after.values == [.sample(10) + .sample(10) + .sample(10), .sample(10), .sample(10)])
        #expect(before.values == [.sample(10), .sample(10)], "a copy does not change")
        await ledger.close()
    }
}
