// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import Ledger
import TestSupport
import Testing
import Traffic

@testable import Classifier

@Suite struct BookingClassifiedTests {
    private let rules = Rulebook(
        NetworkPlan(
            destinations: Destinations(
                directClassification: [
                    Destinations.Direct(region: "r1", zone: "a", blocks: [CIDR("10.1.0.0/16")].compactMap(\.self)),
                    Destinations.Direct(region: "r1", zone: "b", blocks: [CIDR("10.2.0.0/16")].compactMap(\.self)),
                ],
                inZone: [CIDR("10.3.0.0/16")].compactMap(\.self)
            ),
            networks: [Network(name: "office", blocks: [CIDR("198.51.101.0/24")].compactMap(\.self))]
        )
    )

    /// IPv4 over the route to the internet is assumed to pass a NAT gateway, IPv6 is not, and nothing that comes in.
    @Test func whetherANATGatewayIsPassedIsADimension() {
        let batch = FlowBatch.test(
            flows: [
                .to("8.8.8.8", egress: 1), .to("2600::1", egress: 2), .to("8.8.8.8", initiator: .remote, egress: 4),
                .to("10.2.0.1", egress: 8), .to("2600::2", egress: 16), .to("8.8.8.9", initiator: .unknown, egress: 32),
            ]
        )
        let booking = Booking(classifying: batch, with: rules)
        #expect(booking.entries.map(\.series.nat) == [.assumed, .no, .no, .no, .assumed])
        #expect(booking.entries.map(\.counters.egressBytes) == [1, 18, 4, 8, 32])
    }

    /// A rule makes it certain for flows that the pod started, and for no others.
    @Test func aRuleSaysThatAGatewayIsPassed() {
        let batch = FlowBatch.test(
            flows: [
                .to("8.8.8.8", egress: 1), .to("8.8.8.8", initiator: .unknown, egress: 2),
                .to("8.8.8.8", initiator: .remote, egress: 4), .to("198.51.101.7", egress: 8),
            ]
        )
        let plan = NetworkPlan(
            networks: [
                Network(
                    name: "office",
                    blocks: [CIDR("198.51.101.0/24")].compactMap(\.self),
                    routes: [RouteRule(route: .endpoint)]
                )
            ],
            routes: [RouteRule(route: .nat)]
        )
        let booking = Booking(classifying: batch, with: Rulebook(plan))
        #expect(booking.entries.map(\.series.nat) == [.yes, .assumed, .no, .endpoint])
    }

    @Test func theNetworksNameIsADimension() {
        let batch = FlowBatch.test(flows: [.to("198.51.101.7", egress: 1), .to("8.8.8.8", egress: 2)])
        let booking = Booking(classifying: batch, with: rules)
        #expect(booking.entries.map(\.series.network) == ["office", ""])
        #expect(booking.entries.map(\.series.rule) == ["default", "default"])
    }

    /// A batch that arrives late is classified by the lists that held during its interval.
    @Test func theIntervalPicksTheEditionOfAFeed() throws {
        let block = try #require(CIDR("52.1.0.0/16"))
        var batch = FlowBatch.test(flows: [.to("52.1.0.1", egress: 1)])
        let feeds = ["old", "new"].enumerated()
            .map { index, name in
                FeedSnapshot(
                    feed: "aws",
                    edition: name,
                    validFrom: batch.interval.end + Int64(index) - 1,
                    labels: [FeedSnapshot.Label(name: name, region: nil, rank: 0)],
                    entries: [FeedSnapshot.Entry(block: block, label: 0)]
                )
            }
        let rulebook = Rulebook(NetworkPlan(), feeds: feeds)
        #expect(Booking(classifying: batch, with: rulebook).entries.map(\.series.network) == ["old"])
        batch.interval.start = batch.interval.end
        batch.interval.end += 1
        #expect(Booking(classifying: batch, with: rulebook).entries.map(\.series.network) == ["new"])
    }

    @Test func aSeriesHoldsEveryDimension() throws {
        var batch = FlowBatch.test(node: "n", region: "r1", zone: "a", flows: [.to("10.2.0.1", egress: 10)])
        batch.source.cluster = "c"
        batch.owners = [Owner(kind: .pod, cgroupID: 4, namespace: "shop", pod: "web-1", podUID: "u", containerID: "x")]
        let booking = Booking(classifying: batch, with: rules)
        #expect(
            booking.entries.map(\.series) == [
                SeriesKey(
                    cluster: "c",
                    node: "n",
                    region: "r1",
                    zone: "a",
                    ownerKind: .pod,
                    namespace: "shop",
                    pod: "web-1",
                    podUID: "u",
                    trafficClass: TrafficClass(initiator: .pod, scope: .sameRegion),
                    rule: "direct-classification",
                    peer: SeriesKey.Peer(kind: .unknown, zone: "b", region: "r1", resolution: .none)
                )
            ]
        )
        #expect(booking.source == batch.source)
        #expect(booking.sequence == batch.sequence)
        #expect(booking.interval == batch.interval)
        #expect(booking.records == 1)
    }

    @Test func anUnattributedOwnerKeepsOnlyItsReason() {
        let batch = FlowBatch.test(
            owners: [
                Owner(
                    kind: .unattributed,
                    cgroupID: 9,
                    namespace: "gone.slice",
                    pod: "cgroup-gone",
                    podUID: "u",
                    cgroupPath: "/gone.slice"
                )
            ]
        )
        let series = Booking(classifying: batch, with: rules).entries.map(\.series)
        #expect(series.map(\.ownerKind) == [.unattributed])
        #expect(series.map(\.namespace) == [""])
        #expect(series.map(\.pod) == ["cgroup-gone"])
        #expect(series.map(\.podUID) == [""])
    }

    @Test func flowsOfOneSeriesAreSummed() {
        let batch = FlowBatch.test(
            // Two containers of one pod, and another unit.
            owners: [.unit("a", cgroupID: 1), .unit("a", cgroupID: 2), .unit("b", cgroupID: 3)],
            flows: [
                .to("10.3.0.1", owner: 0, egress: 1),
                .to("10.3.0.2", owner: 1, egress: 2),
                .to("10.3.0.1", owner: 2, egress: 4),
                .to("10.3.0.1", owner: 0, initiator: .remote, egress: 8),
                .to("10.3.0.1", owner: 0, viaLoopback: true, egress: 16),
                .to("10.3.0.1", owner: 0, initiator: .pod, ingress: 32),
                .to("10.9.0.1", owner: 0),
            ]
        )
        let entries = Booking(classifying: batch, with: rules).entries
        #expect(entries.map(\.series.pod) == ["a", "b", "a", "a"])
        #expect(entries.map(\.series.trafficClass.scope) == [.sameZone, .sameZone, .sameZone, .loopback])
        #expect(entries.map(\.counters.egressBytes) == [3, 4, 8, 16])
        #expect(entries.map(\.counters.ingressBytes) == [32, 0, 0, 0])
    }

    @Test func nothingIsLostOrMade() {
        var random = SeededRandom()
        for _ in 0..<200 {
            let owners = (0..<Int.random(in: 1...6, using: &random)).map { Owner.unit("u\($0 % 3)") }
            let flows = (0..<Int.random(in: 0...50, using: &random))
                .map { _ in
                    Flow.to(
                        "10.\(Int.random(in: 1...4, using: &random)).0.\(Int.random(in: 1...3, using: &random))",
                        owner: owners.indices.randomElement(using: &random) ?? 0,
                        initiator: Initiator.allCases.randomElement(using: &random) ?? .pod,
                        viaLoopback: Bool.random(using: &random),
                        egress: UInt64.random(in: 0...3000, using: &random),
                        ingress: UInt64.random(in: 0...3000, using: &random)
                    )
                }
            let lost = Loss(reason: "map_full", counters: FlowCounters(egressBytes: .random(in: 0...9, using: &random)))
            let batch = FlowBatch.test(region: "r1", zone: "a", owners: owners, flows: flows, losses: [lost])
            let booking = Booking(classifying: batch, with: rules)
            #expect(Imbalance(batch: batch, booking: booking) == nil, "seed \(random.seed)")
            #expect(Set(booking.entries.map(\.series)).count == booking.entries.count, "seed \(random.seed)")
        }
    }

    @Test func anImbalanceIsFound() {
        let batch = FlowBatch.test(losses: [Loss(reason: "map_full", counters: FlowCounters(egressBytes: 1))])
        let whole = Booking(classifying: batch, with: rules)
        #expect(Imbalance(batch: batch, booking: whole) == nil)

        var short = whole
        short.entries[0].counters.ingressPackets -= 1
        #expect(Imbalance(batch: batch, booking: short) != nil)
        var twice = whole
        twice.entries.append(twice.entries[0])
        #expect(Imbalance(batch: batch, booking: twice) != nil)
        var forgetful = whole
        forgetful.losses = []
        #expect(Imbalance(batch: batch, booking: forgetful)?.lossesDiffer == true)
    }
}
