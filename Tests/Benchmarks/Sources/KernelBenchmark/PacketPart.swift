// SPDX-License-Identifier: Apache-2.0
import Instruments

/// Nanoseconds of one run of the meter's programs, beside those of an empty one on the same hooks.
struct PacketPart {
    /// Where it is measured.
    let stage: Stage

    /// One row: a hook with one kind of traffic.
    private struct Subject: Hashable {
        var traffic: TrafficKind
        var hook: Hook
    }

    /// A table.
    func run() async throws -> String {
        let statistics = try RunStatistics()
        let variants: [(Variant, client: Side, server: Side)] = try [.empty, .metered]
            .map {
                ($0, try Side($0, "cost-client", in: stage.cgroups), try Side($0, "cost-server", in: stage.cgroups))
            }
        var samples: [Subject: [Variant: [Double]]] = [:]
        for traffic in stage.options.traffic {
            try stage.setOffloads(traffic.usesOffloads)
            for round in 0..<stage.options.rounds {
                for (variant, client, server) in round.isMultiple(of: 2) ? variants : variants.reversed() {
                    let before = try costs(traffic, client, server)
                    _ = try await stage.run(traffic, from: client, to: server)
                    let after = try costs(traffic, client, server)
                    for (hook, cost) in after {
                        let growth = cost - (before[hook] ?? RunCost())
                        guard growth.runs > 0 else { continue }
                        samples[Subject(traffic: traffic, hook: hook), default: [:]][variant, default: []]
                            .append(growth.each)
                    }
                    try client.settle()
                    try server.settle()
                }
            }
        }
        _ = statistics
        return text(samples)
    }

    /// What the hooks have cost that the data goes through: where it flows one way, the sender's and the receiver's,
    /// else those of both sides.
    private func costs(_ traffic: TrafficKind, _ client: Side, _ server: Side) throws -> [Hook: RunCost] {
        if traffic.isOneWay { return [.egress: try client.cost(.egress), .ingress: try server.cost(.ingress)] }
        var costs: [Hook: RunCost] = [:]
        for hook in Hook.allCases { costs[hook] = try client.cost(hook) + server.cost(hook) }
        return costs
    }

    private func text(_ samples: [Subject: [Variant: [Double]]]) -> String {
        var rows = [
            [
                "traffic", "hook", "metered, ns", "min - max", "empty, ns", "min - max", "net", "older", "its empty",
                "net / older net", "metered / older", "relative",
            ]
        ]
        for traffic in stage.options.traffic {
            for hook in Hook.allCases {
                let subject = Subject(traffic: traffic, hook: hook)
                guard let metered = samples[subject]?[.metered] else { continue }
                rows.append(row(subject, metered: metered, empty: samples[subject]?[.empty]))
            }
        }
        return """
            Nanoseconds of a run, by the kernel's statistics, which are some 50 of them themselves; medians of \
            \(stage.options.rounds) rounds.
            "older" is the older design's published figures; "relative" is (metered / empty) / (older / its empty).

            \(Table(rows))
            """
    }

    private func row(_ subject: Subject, metered: [Double], empty: [Double]?) -> [String] {
        let older = Published.figure(subject.traffic, subject.hook)
        let net = metered.median - (empty?.median ?? 0)
        return [
            subject.traffic.title, subject.hook.rawValue, metered.median.shortText, span(metered),
            empty?.median.shortText ?? "", empty.map(span) ?? "", net.shortText,
            older?.older.shortText ?? "", older?.empty.shortText ?? "",
            older.map { (net / ($0.older - $0.empty)).shortText } ?? "",
            older.map { (metered.median / $0.older).shortText } ?? "",
            relative(metered, empty, older),
        ]
    }

    /// How many empty runs a metered one takes, to how many the older design took: a slow machine slows both.
    private func relative(_ metered: [Double], _ empty: [Double]?, _ older: Published?) -> String {
        guard let empty, let older else { return "" }
        return (metered.median / empty.median * older.empty / older.older).shortText
    }

    private func span(_ samples: [Double]) -> String {
        "\(samples.range.lowerBound.shortText) - \(samples.range.upperBound.shortText)"
    }
}
