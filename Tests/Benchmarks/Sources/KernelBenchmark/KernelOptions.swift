// SPDX-License-Identifier: Apache-2.0
import Instruments

/// What the command line asks for.
struct KernelOptions: Sendable {
    /// The three questions.
    enum Part: String, Sendable, CaseIterable {
        /// Nanoseconds of one run of the program.
        case packets
        /// What traffic reaches with and without the meter.
        case throughput
        /// Processor time and memory of a drain.
        case drain
    }

    /// How to call the program.
    static let usage = """
        usage: KernelBenchmark [--only NAME[,NAME]] [--traffic NAME[,NAME]] [--rounds N] [--quick]
          --only NAME     measure these only: \(Part.allCases.map(\.rawValue).joined(separator: ", "))
          --traffic NAME  with this traffic only: \(TrafficKind.allCases.map(\.rawValue).joined(separator: ", "))
          --rounds N      rounds, 1...1000 (default: 11)
          --quick         few and short rounds, to see that everything works; not for comparing
        """

    /// What is measured, in order.
    var parts = Part.allCases
    /// The traffic that is measured, in order.
    var traffic = TrafficKind.allCases
    /// Rounds of each measurement.
    var rounds: Int { askedRounds ?? (isQuick ? 2 : 11) }
    /// True for short runs that only show that everything works.
    var isQuick = false

    private var askedRounds: Int?

    /// Reads the arguments after the program's name.
    ///
    /// - Throws: ``BenchmarkError`` that names the argument that is wrong.
    init(_ arguments: [String]) throws(BenchmarkError) {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            switch option {
            case "--quick": isQuick = true
            case "--only": parts = try Self.names(option, &rest)
            case "--traffic": traffic = try Self.names(option, &rest)
            case "--rounds":
                guard let rounds = Int(try Self.value(option, &rest)), (1...1000).contains(rounds) else {
                    throw BenchmarkError("--rounds takes a number in 1...1000")
                }
                askedRounds = rounds
            default: throw BenchmarkError("there is no option \(option)\n\(Self.usage)")
            }
        }
    }

    private static func value(_ option: String, _ rest: inout ArraySlice<String>) throws(BenchmarkError) -> String {
        guard let value = rest.popFirst() else { throw BenchmarkError("\(option) needs a value\n\(usage)") }
        return value
    }

    private static func names<Name: RawRepresentable<String>>(
        _ option: String,
        _ rest: inout ArraySlice<String>
    ) throws(BenchmarkError) -> [Name] {
        var names: [Name] = []
        for word in try value(option, &rest).split(separator: ",") {
            guard let name = Name(rawValue: String(word)) else {
                throw BenchmarkError("\(option) does not take \(word)\n\(usage)")
            }
            names.append(name)
        }
        return names
    }
}
