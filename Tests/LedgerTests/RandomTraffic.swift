// SPDX-License-Identifier: Apache-2.0
import Ledger
import Queries
import TestSupport
import Traffic

/// Random bookings and queries over three days, from a seed.
struct RandomTraffic {
    /// First second that is booked.
    var start = midnight
    /// Seconds from there on that are booked.
    var length: Int64 = 259_200
    private(set) var random: SeededRandom
    private var sequences: [BatchSource: UInt64] = [:]
    private let series: [SeriesKey]

    init(_ random: SeededRandom) {
        var random = random
        // Names that need quoting somewhere, or that differ in one byte only.
        let names = [
            "", "a", "b", "ä", "a'b", "a\"b", "a,b", "%", "very-long-name-" + String(repeating: "x", count: 200),
        ]
        func name() -> String { names.randomElement(using: &random) ?? "" }
        series = (0..<300)
            .map { _ in
                SeriesKey(
                    cluster: Bool.random(using: &random) ? "c" : name(),
                    node: name(),
                    region: name(),
                    zone: name(),
                    ownerKind: Owner.Kind.allCases.randomElement(using: &random) ?? .pod,
                    namespace: name(),
                    pod: name(),
                    podUID: name(),
                    trafficClass: TrafficClass(
                        initiator: Initiator.allCases.randomElement(using: &random) ?? .unknown,
                        scope: Scope.allCases.randomElement(using: &random) ?? .unknown
                    ),
                    network: name(),
                    rule: name(),
                    nat: NATUse.allCases.randomElement(using: &random) ?? .no,
                    workloadKind: name(),
                    workload: name(),
                    peer: SeriesKey.Peer(
                        kind: PeerKind.allCases.randomElement(using: &random) ?? .unknown,
                        namespace: name(),
                        workload: name(),
                        zone: name(),
                        region: name(),
                        resolution: PeerResolution.allCases.randomElement(using: &random) ?? .none
                    )
                )
            }
        self.random = random
    }

    /// A booking that is new to the ledger, of one of four sources.
    mutating func booking() -> Booking {
        let source = BatchSource.sample(
            node: "n\(Int.random(in: 0..<2, using: &random))",
            boot: UInt128(Int.random(in: 1...2, using: &random))
        )
        // Sometimes a sequence number is passed over.
        let sequence = sequences[source, default: 0] + (Int.random(in: 0..<10, using: &random) == 0 ? 2 : 1)
        sequences[source] = sequence
        let start = (start + Int64.random(in: 0..<length, using: &random)) * 1_000_000_000
        return Booking(
            source: source,
            sequence: sequence,
            interval: Interval(start: start, end: start + 5_000_000_000),
            entries: (0..<Int.random(in: 0..<80, using: &random))
                .map { _ in
                    Booking.Entry(series: series.randomElement(using: &random) ?? .sample(), counters: counters())
                },
            losses: (0..<Int.random(in: 0..<3, using: &random))
                .map { _ in
                    Loss(reason: ["map_full", "late"].randomElement(using: &random) ?? "", counters: counters())
                },
            records: Int.random(in: 0..<1000, using: &random)
        )
    }

    mutating func query() -> UsageQuery {
        let unit: Int64 = [60, 3600, 86_400].randomElement(using: &random) ?? 60
        let first = Int64.random(in: -1...(259_200 / unit), using: &random)
        let count = Int64.random(in: 1...(259_200 / unit), using: &random)
        let steps: [Int64?] = [nil, unit, 7 * unit, 3600, 86_400]
        let fields = Dimension.allCases.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
        var query = UsageQuery(
            start: midnight + first * unit,
            end: midnight + (first + count) * unit,
            step: steps.randomElement(using: &random) ?? nil,
            groupBy: Array(fields)
        )
        for dimension in Dimension.allCases.shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random)) {
            let values = (0..<Int.random(in: 1...4, using: &random))
                .map { _ in
                    LedgerModel.value(dimension, of: series.randomElement(using: &random) ?? .sample())
                }
            if chance(oneIn: 3) {
                query.exclusions[dimension] = Set(values)
            } else {
                query.filters[dimension] = Set(values)
            }
        }
        query.order = UsageQuery.Order.allCases.randomElement(using: &random) ?? .bytes
        if chance(oneIn: 2) { query.limit = Int.random(in: 1...12, using: &random) }
        query.comparesPrevious = chance(oneIn: 3)
        return query
    }

    /// Parameters of a question in some time zone, most with days or months.
    mutating func calendarParameters() -> [(name: String, value: String)] {
        func moment(_ range: ClosedRange<Int64>) -> String {
            // Dates are midnights of the zone; other times are whole hours.
            let time = UTCTime(secondsSinceEpoch: start + Int64.random(in: range, using: &random) * 3600).description
            return Bool.random(using: &random) ? String(time.prefix(10)) : time
        }
        let zones = [
            "UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Pacific/Chatham", "America/Los_Angeles",
        ]
        var parameters = [
            ("tz", zones.randomElement(using: &random) ?? "UTC"), ("start", moment(-48...60)),
            ("end", moment(90...240)),
        ]
        if let step = [nil, "1d", "1d", "2d", "1w", "1M", "1M", "6h"].randomElement(using: &random) ?? nil {
            parameters.append(("step", step))
        }
        let dimensions: [Dimension] = [.namespace, .workload, .scope, .node, .ownerKind, .peerKind]
        parameters.append(
            (
                "group_by",
                dimensions.shuffled(using: &random).prefix(.random(in: 1...2, using: &random)).map(\.rawValue)
                    .joined(separator: ",")
            )
        )
        if chance(oneIn: 2) { parameters.append(("scope!", "internet")) }
        if chance(oneIn: 3) { parameters.append(("initiator", "pod,remote")) }
        if chance(oneIn: 2) { parameters.append(("limit", "\(Int.random(in: 1...6, using: &random))")) }
        if chance(oneIn: 2) { parameters.append(("compare", "previous")) }
        return parameters.map { (name: $0.0, value: $0.1) }
    }

    /// True once in `times`.
    mutating func chance(oneIn times: Int) -> Bool {
        Int.random(in: 0..<times, using: &random) == 0
    }

    private mutating func counters() -> FlowCounters {
        func number(_ random: inout SeededRandom) -> UInt64 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: 0
            case 1: .random(in: 0..<(1 << 48), using: &random)
            default: .random(in: 0..<100_000, using: &random)
            }
        }
        return FlowCounters(
            egressBytes: number(&random),
            ingressBytes: number(&random),
            egressPackets: number(&random),
            ingressPackets: number(&random)
        )
    }
}
