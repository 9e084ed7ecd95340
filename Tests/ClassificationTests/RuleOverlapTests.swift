// SPDX-License-Identifier: Apache-2.0
import Classification
import TestSupport
import Testing
import Traffic

@Suite struct RuleOverlapTests {
    private func blocks(_ texts: String...) -> [CIDR] { texts.compactMap { CIDR($0) } }

    @Test func listsThatAreApartDoNotOverlap() {
        let plan = NetworkPlan(
            destinations: Destinations(
                internet: blocks("10.1.0.0/16", "10.1.2.0/24"),
                inZone: blocks("10.2.0.0/16", "::/0"),
                crossRegion: blocks("10.3.0.0/16")
            )
        )
        #expect(plan.overlaps().isEmpty)
    }

    @Test func whatIsWrittenTwiceIsShadowed() {
        let plan = NetworkPlan(destinations: Destinations(inZone: blocks("10.0.0.0/8", "10.0.0.0/8")))
        #expect(
            plan.overlaps().map(\.description) == [
                "destinations.in-zone[1] (10.0.0.0/8) never decides: destinations.in-zone[0] (10.0.0.0/8) comes before it"
            ]
        )
    }

    @Test func itIsWhatComparingEveryPairFinds() {
        var random = SeededRandom()
        for _ in 0..<200 {
            func list() -> [CIDR] {
                (0..<Int.random(in: 0...5, using: &random))
                    .compactMap { _ in
                        let address =
                            "10.\(Int.random(in: 0...1, using: &random)).\(Int.random(in: 0...3, using: &random)).0"
                        return CIDR("\(address)/\(Int.random(in: 7...26, using: &random))")
                    }
            }
            let lists = (0..<5).map { _ in list() }
            let plan = NetworkPlan(
                destinations: Destinations(
                    directClassification: [.init(region: "r", zone: nil, blocks: lists[0])],
                    internet: lists[1],
                    inZone: lists[2],
                    inRegion: lists[3],
                    crossRegion: lists[4]
                )
            )
            let names = ["direct-classification[0].ips", "internet", "in-zone", "in-region", "cross-region"]
            var expected: Set<String> = []
            for (rank, first) in lists.enumerated() {
                for (a, winner) in first.enumerated() {
                    for (other, second) in lists.enumerated().dropFirst(rank) {
                        for (b, loser) in second.enumerated() {
                            if other == rank, b <= a || winner != loser { continue }
                            guard winner.contains(loser) || loser.contains(winner) else { continue }
                            expected.insert("\(names[rank])[\(a)] \(names[other])[\(b)] \(winner.contains(loser))")
                        }
                    }
                }
            }
            let found = plan.overlaps()
                .map { "\($0.winner.dropFirst(13)) \($0.loser.dropFirst(13)) \($0.isShadowed)" }
            #expect(Set(found) == expected, "seed \(random.seed)")
            #expect(found.count == expected.count, "seed \(random.seed)")
        }
    }
}
