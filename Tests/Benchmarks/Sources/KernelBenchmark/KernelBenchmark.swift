// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import TestSupport

/// Measures what the kernel meter costs: a packet, a second of traffic, a drain.
///
/// Nothing of the product runs but the kernel program and the library that loads and reads it.
@main
enum KernelBenchmark {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            switch arguments.first {
            case TrafficSide.command: try TrafficSide.run(Array(arguments.dropFirst()))
            case FlowSource.command: try FlowSource(arguments: Array(arguments.dropFirst())).run()
            default: try await measure(try KernelOptions(arguments))
            }
        } catch {
            FileHandle.standardError.write(Data("KernelBenchmark: \(error)\n".utf8))
            exit(EXIT_FAILURE)
        }
    }

    private static func measure(_ options: KernelOptions) async throws {
        guard TestEnvironment.canMeter else {
            throw BenchmarkError("this cannot be measured here: " + TestEnvironment.obstacles.joined(separator: "; "))
        }
        // Nobody's tests meter while this does, and no test's traffic is in the figures.
        let lock = try await MachineLock()
        let stage = try Stage(options)
        let signals = stage.clearOnSignals()
        defer {
            stage.clear()
            for signal in signals { signal.cancel() }
        }
        let machine = try Machine()
        print("\(machine)\(options.isQuick ? "\nA quick run: these figures are not for comparing." : "")")
        for part in options.parts {
            stage.tell("\(part.rawValue), at load \(Machine.load)")
            let text =
                switch part {
                case .packets: try await PacketPart(stage: stage).run()
                case .throughput: try await ThroughputPart(stage: stage).run()
                case .drain: try await DrainPart(stage: stage).run()
                }
            print("\n" + text)
            fflush(nil)
        }
        print("\nLoad at the end: \(Machine.load)")
        withExtendedLifetime(lock) {}
    }
}
