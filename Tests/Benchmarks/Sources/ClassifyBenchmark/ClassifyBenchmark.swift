// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import Foundation
import Instruments
import Ledger
import Traffic

/// Measures what classifying costs: a lookup among prefixes, and all that turns a batch into its booking.
///
/// Nothing is received, decoded or written.
@main
enum ClassifyBenchmark {
    private static let usage = "usage: ClassifyBenchmark [--quick]"

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.allSatisfy({ $0 == "--quick" }) else {
            FileHandle.standardError.write(Data((usage + "\n").utf8))
            exit(EX_USAGE)
        }
        do {
            try measure(runs: arguments.isEmpty ? 31 : 3, isQuick: !arguments.isEmpty)
        } catch {
            FileHandle.standardError.write(Data("ClassifyBenchmark: \(error)\n".utf8))
            exit(EXIT_FAILURE)
        }
    }

    private static func measure(runs: Int, isQuick: Bool) throws {
        let machine = try Machine()
        let cluster = Cluster()
        var figures: [Figure] = []
        for count in [10, 200, 100_000] {
            for spread in AddressMix.Spread.allCases {
                let mix = AddressMix(prefixes: count, spread: spread)
                figures += try lookups(mix, runs: runs)
                figures += try batches(of: nil, outside: mix, runs: runs)
                figures += try batches(of: cluster, outside: mix, runs: runs)
            }
        }
        print(Report(machine: machine, isQuick: isQuick, figures: figures))
    }

    private static func lookups(_ mix: AddressMix, runs: Int) throws -> [Figure] {
        let clock = ProcessorClock()
        var rules = RuleSet(mix.destinations)
        let build = clock.seconds { rules = RuleSet(mix.destinations) } * 1e3
        let addresses = mix.addresses(100_000)
        // What the lookups find is added up, so that they are made.
        var checksum = 0
        let samples = (0..<runs)
            .map { _ in
                let lookup = clock.seconds {
                    for address in addresses { checksum &+= rules.ruling(remote: address, viaLoopback: false) }
                }
                return lookup * 1e9 / Double(addresses.count)
            }
        guard checksum > 0 else { throw BenchmarkError("no lookup found anything") }
        return [
            Figure(subject: mix.description, name: "a lookup", unit: "ns", samples: samples, goal: 30),
            Figure(
                subject: mix.description,
                name: "the lookup structure",
                unit: "KiB",
                samples: [Double(rules.tableByteCount) / 1024],
                goal: nil
            ),
            Figure(subject: mix.description, name: "building the rules", unit: "ms", samples: [build], goal: nil),
        ]
    }

    /// Everything between a batch and its booking: names of owners and peers, rules, sums, series, and the check that
    /// nothing is missing.
    ///
    /// - Parameter cluster: gives the inventory; without one, owners keep the names that the agent found.
    private static func batches(of cluster: Cluster?, outside mix: AddressMix, runs: Int) throws -> [Figure] {
        let rulebook = Rulebook(NetworkPlan(destinations: mix.destinations))
        let batches = (cluster ?? Cluster()).batches(Cluster.nodes, outside: mix)
        let bookkeeper = Bookkeeper()
        let place = cluster == nil ? "no cluster" : "in a cluster"
        let known = try figure("a record known from the last batch, \(place)", mix, batches, runs: runs, goal: 150) {
            bookkeeper.booking(of: $0, with: rulebook, inventory: cluster?.inventory)
        }
        let first = try figure("a record met for the first time, \(place)", mix, batches, runs: runs, goal: nil) {
            Booking(classifying: $0, with: rulebook, inventory: cluster?.inventory)
        }
        var fresh = Bookkeeper()
        let together = try figure("a record of nodes that all come anew, \(place)", mix, batches, runs: runs, goal: nil)
        {
            if $0.sequence == 1 { fresh = Bookkeeper() }
            return fresh.booking(of: $0, with: rulebook, inventory: cluster?.inventory)
        }
        let entries = batches.map {
            bookkeeper.booking(of: $0, with: rulebook, inventory: cluster?.inventory).entries.count
        }
        return [
            known, together, first,
            Figure(
                subject: mix.description,
                name: "series a record, \(place)",
                unit: "",
                samples: [Double(entries.reduce(0, +)) / Double(batches.count * Cluster.records)],
                goal: nil
            ),
        ]
    }

    /// What a record takes if `book` books all `batches`, once before anything is measured.
    private static func figure(
        _ name: String,
        _ mix: AddressMix,
        _ batches: [FlowBatch],
        runs: Int,
        goal: Double?,
        _ book: (FlowBatch) -> Booking
    ) throws -> Figure {
        let clock = ProcessorClock()
        for batch in batches { _ = book(batch) }
        let samples = try (0..<runs)
            .map { _ in
                var isWhole = true
                let time = clock.seconds {
                    for batch in batches where Imbalance(batch: batch, booking: book(batch)) != nil { isWhole = false }
                }
                guard isWhole else { throw BenchmarkError("a booking does not hold what its batch brought") }
                return time * 1e9 / Double(batches.count * Cluster.records)
            }
        return Figure(subject: mix.description, name: name, unit: "ns", samples: samples, goal: goal)
    }
}
