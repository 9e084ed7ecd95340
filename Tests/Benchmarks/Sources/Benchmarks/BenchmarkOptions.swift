// SPDX-License-Identifier: Apache-2.0
import Instruments

/// What the command line asks for.
struct BenchmarkOptions: Sendable {
    /// How to call the program.
    static let usage = """
        usage: Benchmarks [--only NAME[,NAME]] [--quick] [--json FILE] [--directory DIR] BINARIES
          BINARIES         folder with netledger-classifier and netledger-agent, built for release
          --only NAME      run these only: \(BenchmarkName.allCases.map(\.rawValue).joined(separator: ", "))
          --quick          fewer and smaller runs, to see that everything works; not for comparing
          --json FILE      also write all samples to FILE
          --directory DIR  where ledgers are written (default: /tmp); must not be a file system in memory
        """

    /// Folder of the release binaries.
    var binaries = ""
    /// What is run, in order.
    var names = BenchmarkName.allCases
    /// True for small runs that only show that everything works.
    var isQuick = false
    /// File for the samples, if wanted.
    var json: String?
    /// Where ledgers are written.
    var directory = "/tmp"

    /// Reads the arguments after the program's name.
    ///
    /// - Throws: ``BenchmarkError`` that names the argument that is wrong.
    init(_ arguments: [String]) throws(BenchmarkError) {
        var rest = arguments[...]
        var folders: [String] = []
        while let argument = rest.popFirst() {
            switch argument {
            case "--quick": isQuick = true
            case "--only": names = try Self.names(try Self.value(argument, &rest))
            case "--json": json = try Self.value(argument, &rest)
            case "--directory": directory = try Self.value(argument, &rest)
            default:
                guard !argument.hasPrefix("-") else { throw BenchmarkError("there is no option \(argument)") }
                folders.append(argument)
            }
        }
        guard folders.count == 1 else {
            throw BenchmarkError("one folder of binaries is needed, and \(folders.count) were given")
        }
        binaries = folders[0]
    }

    private static func value(_ option: String, _ rest: inout ArraySlice<String>) throws(BenchmarkError) -> String {
        guard let value = rest.popFirst() else { throw BenchmarkError("\(option) needs a value") }
        return value
    }

    private static func names(_ list: String) throws(BenchmarkError) -> [BenchmarkName] {
        var names: [BenchmarkName] = []
        for word in list.split(separator: ",") {
            guard let name = BenchmarkName(rawValue: String(word)) else {
                throw BenchmarkError("there is no benchmark \(word)")
            }
            names.append(name)
        }
        return names
    }
}
