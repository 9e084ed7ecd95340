// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import Ledger
import Queries
import TestSupport
import Traffic

/// A ledger as it would be after 13 months of a cluster: the same for the same end.
///
/// 100 namespaces have 25 pods each, five of them are a workload, a pod has 8 series: two initiators and four scopes. A tenth of the pods is replaced
/// every month. The bytes of a series-hour spread over five magnitudes around a megabyte and follow the time of day;
/// minutes add up to hours and hours to days.
struct LedgerSample {
    private let path: String
    private let months: Int
    private let pods: Int
    /// Midnight (UTC) after the last day.
    private let end: Int64
    private let horizon: TierHorizon
    private var random = SeededRandom(seed: 1)

    static let classes: [TrafficClass] = [Scope.sameZone, .sameRegion, .crossRegion, .internet]
        .flatMap { scope in [Initiator.pod, .remote].map { TrafficClass(initiator: $0, scope: scope) } }
    private static let namespaces = 100
    private static let day: Int64 = 86_400

    /// A sample that ends with the last whole day before `now` (seconds since 1970), to be written to `path`.
    init(path: String, now: Int64, isQuick: Bool) {
        self.path = path
        months = isQuick ? 2 : 13
        pods = isQuick ? 250 : 2500
        end = now / Self.day * Self.day
        horizon = TierHorizon(minute: end - 2 * Self.day, hour: end - 90 * Self.day, day: 0)
    }

    /// Writes the ledger.
    func write() throws {
        var sample = self
        try sample.fill()
    }

    private mutating func fill() throws {
        let begin = ContinuousClock.now
        let loader = try LedgerLoader(path: path)
        let days = months * 365 / 12
        var active: [Int] = []
        var levels: [Double] = [0]
        var podCount = 0
        func newPod(_ random: inout SeededRandom) throws -> [Int] {
            let number = podCount
            podCount += 1
            try loader.add(Self.classes.map { Self.series(pod: number, $0) })
            return Self.classes.map { _ in
                let exponent = (0..<6).reduce(0.0) { sum, _ in sum + .random(in: -2.5...2.5, using: &random) }
                levels.append(500_000 * exp(exponent))
                return levels.count - 1
            }
        }
        for _ in 0..<pods { active += try newPod(&random) }
        for day in 0..<days {
            if day > 0, day % 30 == 0 {
                for _ in 0..<(pods / 10) {
                    let place = Int.random(in: 0..<pods, using: &random) * Self.classes.count
                    active.replaceSubrange(place..<(place + Self.classes.count), with: try newPod(&random))
                }
            }
            try writeDay(end - Int64(days - day) * Self.day, active.sorted(), levels, loader)
            if (day + 1) % 30 == 0 { tell("\(day + 1) of \(days) days") }
        }
        try loader.finish(horizon: horizon)
        tell("\(levels.count - 1) series written in \(ContinuousClock.now - begin)")
    }

    private mutating func writeDay(
        _ start: Int64,
        _ active: [Int],
        _ levels: [Double],
        _ loader: LedgerLoader
    ) throws {
        guard start >= horizon.hour else {
            return try loader.write(.day, start, rows(active, levels, hours: 24))
        }
        var total = active.map { LedgerLoader.Row(series: $0, counters: .zero) }
        for hour in 0..<24 {
            let hourStart = start + Int64(hour) * 3600
            // The day's tide.
            let tide = 0.4 + 0.6 * (1 - abs(Double(hour) - 14) / 14)
            var sum: [LedgerLoader.Row]
            if hourStart >= horizon.minute {
                sum = active.map { LedgerLoader.Row(series: $0, counters: .zero) }
                for minute in 0..<60 {
                    let rows = rows(active, levels, hours: tide / 60)
                    try loader.write(.minute, hourStart + Int64(minute) * 60, rows)
                    for index in rows.indices { sum[index].counters += rows[index].counters }
                }
            } else {
                sum = rows(active, levels, hours: tide)
            }
            try loader.write(.hour, hourStart, sum)
            for index in sum.indices { total[index].counters += sum[index].counters }
        }
        try loader.write(.day, start, total)
    }

    private mutating func rows(_ active: [Int], _ levels: [Double], hours: Double) -> [LedgerLoader.Row] {
        active.map { id in
            let noise = random.next()
            // 0.5...1.5 of its level, and packets of 100 to 1,123 bytes.
            let egress = UInt64(levels[id] * hours * (0.5 + Double(noise & 0xffff) / 65_536)) + 60
            let ingress = UInt64(Double(egress) * (0.1 + Double(noise >> 16 & 0xffff) / 16_384)) + 60
            return LedgerLoader.Row(
                series: id,
                counters: FlowCounters(
                    egressBytes: egress,
                    ingressBytes: ingress,
                    egressPackets: egress / (100 + noise >> 32 & 0x3ff) + 1,
                    ingressPackets: ingress / (100 + noise >> 42 & 0x3ff) + 1
                )
            )
        }
    }

    /// The series of the pod with this number.
    static func series(pod: Int, _ trafficClass: TrafficClass) -> SeriesKey {
        SeriesKey(
            cluster: "sample",
            node: "node-\(pod % 100)",
            region: "region-1",
            zone: "region-1\(["a", "b", "c"][pod % 3])",
            ownerKind: .pod,
            namespace: "team-\(pod % namespaces)",
            pod: "service-\(pod % 500)-\(String(100_000 + pod, radix: 36))",
            podUID: "3f2b8c1e-5d4a-4e6f-9a7b-\(String(0x1000_0000_0000 + pod, radix: 16))",
            trafficClass: trafficClass,
            rule: "pod",
            workloadKind: "Deployment",
            workload: "service-\(pod % 500)"
        )
    }

    private func tell(_ text: String) {
        FileHandle.standardError.write(Data("  \(text)\n".utf8))
    }
}
