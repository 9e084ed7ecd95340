// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import TestSupport

/// Measures what following a cluster costs: a fake API server in a process of its own, and the client in this one, or a
/// whole classifier that books batches meanwhile.
///
/// ```
/// ClusterBenchmark [--pods 150000] [--nodes 5000] [--changes 100] [--seconds 30] [--pages] [--keep]
/// ClusterBenchmark --classifier [--batches 50] [--pods 150000] [--nodes 5000] [--changes 100] [--seconds 30]
/// ```
@main
enum ClusterBenchmark {
    static func main() async {
        do {
            var arguments = Array(CommandLine.arguments.dropFirst())
            if arguments.first == ServedCluster.command {
                arguments.removeFirst()
                try await ServedCluster(arguments: arguments).run()
            } else {
                try await measure(ClusterPlan(arguments: arguments))
            }
        } catch {
            FileHandle.standardError.write(Data("ClusterBenchmark: \(error)\n".utf8))
            exit(EXIT_FAILURE)
        }
    }

    private static func measure(_ plan: ClusterPlan) async throws {
        let machine = try Machine()
        FileHandle.standardError.write(Data("\(machine.description)\n".utf8))
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let kubeconfig = directory.file("kubeconfig")
        let program = CommandLine.arguments[0]
        let server = try ChildProcess(
            [program, ServedCluster.command, kubeconfig] + plan.arguments,
            outputPath: directory.file("server.log")
        )
        defer { server.kill() }
        _ = try await server.waitForLine(containing: "serving", within: .seconds(900))
        let figures =
            plan.usesClassifier
            ? try await ClassifiedCluster(plan: plan, kubeconfig: kubeconfig, folder: directory.path).measure()
            : try await FollowedCluster(plan: plan, kubeconfig: kubeconfig).measure()
        for figure in figures {
            let value = figure.median.shortText
            print("\(figure.subject): \(figure.name) \(value) \(figure.unit)")
        }
    }
}
