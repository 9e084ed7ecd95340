// SPDX-License-Identifier: Apache-2.0
import Classification
import TestSupport
import Testing
import Traffic

@Suite struct RuleSetPropertyTests {
    private static let vantages = [
        Vantage(cluster: "c1", node: "n1", place: Place(region: "r1", zone: "a")),
        Vantage(cluster: "c2", node: "n2", place: Place(region: "r2", zone: "b")),
        Vantage(cluster: "c1", node: "m1", place: Place(region: "R1", zone: "A")),
        Vantage(place: Place(region: nil, zone: "a")),
        Vantage(node: "n2", place: Place(region: "r1", zone: nil)),
        Vantage(place: .unknown),
    ]

    /// The table answers what asking every list in turn answers: lists, networks, routes and feeds together.
    @Test func agreesWithAskingEveryListInTurn() {
        var random = SeededRandom()
        for round in 0..<60 {
            let model = RuleModel.random(using: &random)
            let rules = RuleSet(model.plan, feeds: model.feeds)
            for probe in model.probes(using: &random) {
                for vantage in Self.vantages {
                    let found = rules.verdict(remote: probe, viaLoopback: false, from: vantage)
                    let expected = model.verdict(probe, from: vantage)
                    #expect(found == expected, "seed \(random.seed), round \(round), \(probe) from \(vantage)")
                    if found != expected { return }
                }
            }
        }
    }

    /// An explanation says what the verdict says, and names entries that hold the address.
    @Test func explanationsAgreeWithVerdicts() {
        var random = SeededRandom()
        for _ in 0..<8 {
            let model = RuleModel.random(using: &random)
            let rules = RuleSet(model.plan, feeds: model.feeds)
            for probe in model.probes(using: &random) {
                for vantage in Self.vantages {
                    let found = rules.explain(remote: probe, viaLoopback: false, from: vantage)
                    let verdict = rules.verdict(remote: probe, viaLoopback: false, from: vantage)
                    let comment = Comment(rawValue: "seed \(random.seed), \(probe) from \(vantage): \(found)")
                    #expect(found.verdict == verdict, comment)
                    #expect((found.scopeEntry == nil) == (verdict.rule == "default"), comment)
                    #expect(found.scopeEntry.map(\.rule) ?? "default" == verdict.rule, comment)
                    #expect(found.networkEntry?.network ?? "" == verdict.network, comment)
                    for entry in [found.scopeEntry, found.networkEntry].compactMap(\.self) + found.overruled {
                        #expect(entry.block.contains(probe), comment)
                    }
                    let isDecidedByList = rules.isDecidedByList(rules.ruling(remote: probe, viaLoopback: false))
                    let lists = ["direct-classification", "internet", "in-zone", "in-region", "cross-region"]
                    #expect(isDecidedByList == lists.contains(verdict.rule), comment)
                }
            }
        }
    }
}
