// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Instruments

/// Measures the release binaries from outside, and prints one table.
///
/// Only one thing is measured at a time, so the main thread may block.
@main
enum BenchmarkCommand {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == DatagramSource.command {
            // This program is its own source of traffic, in a process that can move between cgroups.
            await finish { try DatagramSource(arguments: Array(arguments.dropFirst())).run() }
        }
        let options: BenchmarkOptions
        do {
            options = try BenchmarkOptions(arguments)
        } catch {
            fail("\(error)\n\(BenchmarkOptions.usage)", code: EX_USAGE)
        }
        await finish { try await measure(options) }
    }

    private static func measure(_ options: BenchmarkOptions) async throws {
        let bench = try Workbench(options)
        let signals = clearOnSignals(bench)
        defer {
            bench.clear()
            for signal in signals { signal.cancel() }
        }
        let machine = try Machine(directory: options.directory)
        bench.tell(machine.description)
        var figures: [Figure] = []
        for name in options.names {
            bench.tell("\n\(name.rawValue), at load \(Machine.load)")
            figures += try await name.run(on: bench)
        }
        let report = Report(machine: machine, isQuick: options.isQuick, figures: figures)
        if let path = options.json { try report.json().write(to: URL(fileURLWithPath: path)) }
        print(report.description)
    }

    /// Leaves nothing behind when the user or the system has enough.
    private static func clearOnSignals(_ bench: Workbench) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM, SIGHUP]
            .map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler {
                    bench.clear()
                    exit(128 + number)
                }
                source.resume()
                return source
            }
    }

    private static func finish(_ body: () async throws -> Void) async -> Never {
        do {
            try await body()
            exit(EXIT_SUCCESS)
        } catch {
            fail("Benchmarks: \(error)", code: EXIT_FAILURE)
        }
    }

    private static func fail(_ message: String, code: Int32) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(code)
    }
}
