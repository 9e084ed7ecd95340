// SPDX-License-Identifier: Apache-2.0
import Classification
import Foundation
import Instruments
import Traffic

/// Measures what classifying costs: a lookup among prefixes, and a record of a batch with its sum.
///
/// Nothing of the product runs but the rules.
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
        var figures: [Figure] = []
        for count in [10, 1_000, 100_000] {
            for spread in AddressMix.Spread.allCases {
                figures += try figuresOf(AddressMix(prefixes: count, spread: spread), runs: runs)
            }
        }
        print(Report(machine: machine, isQuick: isQuick, figures: figures))
    }

    private static func figuresOf(_ mix: AddressMix, runs: Int) throws -> [Figure] {
        let clock = ProcessorClock()
        var rules = RuleSet(mix.destinations)
        let build = clock.seconds { rules = RuleSet(mix.destinations) } * 1e3
        let addresses = mix.addresses(100_000)
        let batches = mix.batches(100)
        let records = batches.reduce(0) { $0 + $1.flows.count }
        var lookups: [Double] = []
        var sums: [Double] = []
        // What the lookups find is added up, so that they are made.
        var checksum = 0
        for _ in 0..<runs {
            let lookup = clock.seconds {
                for address in addresses { checksum &+= rules.ruling(remote: address, viaLoopback: false) }
            }
            lookups.append(lookup * 1e9 / Double(addresses.count))
        }
        // Not in turns with the lookups: the batches would take the caches from them.
        for _ in 0..<runs {
            var booked: UInt64 = 0
            let sum = clock.seconds {
                for batch in batches {
                    var sums = PairSums(capacity: batch.flows.count)
                    for flow in batch.flows {
                        let ruling = rules.ruling(remote: flow.remote, viaLoopback: flow.viaLoopback)
                        let side = ruling * Initiator.allCases.count + Int(flow.initiator.rawValue)
                        sums.add(flow.counters, first: flow.owner, second: side)
                    }
                    for sum in sums.sums { booked += sum.counters.egressBytes }
                }
            }
            guard booked == UInt64(records) else {
                throw BenchmarkError("\(records) bytes came in and \(booked) were booked")
            }
            sums.append(sum * 1e9 / Double(records))
        }
        guard checksum > 0 else { throw BenchmarkError("no lookup found anything") }
        return [
            Figure(subject: mix.description, name: "a lookup", unit: "ns", samples: lookups, goal: 30),
            Figure(subject: mix.description, name: "classify and sum a record", unit: "ns", samples: sums, goal: 150),
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
}
