// SPDX-License-Identifier: Apache-2.0
import Instruments

/// What traffic reaches in cgroups without programs, with empty ones, and with the meter.
struct ThroughputPart {
    /// Where it is measured.
    let stage: Stage

    private static let kinds: [TrafficKind] = [
        .tcpSuper, .tcpBulk, .tcpExchange, .tcpConnect, .udpConnected, .udpUnconnected,
    ]

    /// A table.
    func run() async throws -> String {
        let variants: [(Variant, client: Side, server: Side)] = try Variant.allCases
            .map { ($0, try Side($0, "client", in: stage.cgroups), try Side($0, "server", in: stage.cgroups)) }
        let strangers = try variants.map { try $0.client.strangers() }.max() ?? 0
        var rows = [["traffic", "unit"]]
        rows[0] += Variant.allCases.flatMap { [$0.rawValue, "min - max"] }
        rows[0] += ["empty / bare", "metered / bare", "metered / empty"]
        for traffic in Self.kinds where stage.options.traffic.contains(traffic) {
            try stage.setOffloads(traffic.usesOffloads)
            var samples: [Variant: [Double]] = [:]
            for round in 0..<stage.options.rounds {
                // Each takes each turn, so that none always follows the same other one.
                for turn in variants.indices {
                    let (variant, client, server) = variants[(round + turn) % variants.count]
                    let report = try await stage.run(traffic, from: client, to: server)
                    samples[variant, default: []].append(traffic.rate(report))
                    try client.settle()
                    try server.settle()
                }
            }
            rows.append(row(traffic, samples))
        }
        return """
            Throughput without statistics; medians of \(stage.options.rounds) rounds, the ratios too, of runs that \
            followed each other.
            Programs of others on the same hooks: \(strangers).

            \(Table(rows))
            """
    }

    private func row(_ traffic: TrafficKind, _ samples: [Variant: [Double]]) -> [String] {
        let values = Variant.allCases.map { samples[$0] ?? [] }
        let cells = values.flatMap {
            [$0.median.shortText, "\($0.range.lowerBound.shortText) - \($0.range.upperBound.shortText)"]
        }
        func ratio(_ left: Variant, _ right: Variant) -> String {
            zip(samples[left] ?? [], samples[right] ?? []).map { $0 / $1 }.median.shortText
        }
        return [traffic.title, traffic.rateUnit] + cells
            + [ratio(.empty, .bare), ratio(.metered, .bare), ratio(.metered, .empty)]
    }
}

extension TrafficKind {
    /// How much of it there was in a second.
    fileprivate func rate(_ report: TrafficReport) -> Double {
        switch self {
        case .tcpBulk, .tcpSuper: Double(report.bytes) * 8e-9 / report.seconds
        case .tcpExchange, .tcpConnect, .udpConnected, .udpUnconnected: Double(report.count) * 1e-3 / report.seconds
        }
    }

    /// Unit of ``rate(_:)``.
    fileprivate var rateUnit: String {
        switch self {
        case .tcpBulk, .tcpSuper: "Gb/s"
        case .tcpExchange: "thousand/s"
        case .tcpConnect: "thousand/s"
        case .udpConnected, .udpUnconnected: "thousand received/s"
        }
    }
}
