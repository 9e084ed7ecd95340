// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Glibc

/// `netledger config`: looks at a classifier's configuration without a classifier.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check a classifier's configuration file.",
        subcommands: [Check.self]
    )

    /// `netledger config check FILE`.
    ///
    /// It becomes `netledger-classifier --config FILE --check`, so that both judge by the same code.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Say whether a file can be used, and which of its entries overlap or never decide.",
            usage: "netledger config check <file>"
        )

        @Argument(help: "The YAML file.", completion: .file())
        var file: String

        @Option(
            name: .customLong("classifier-program"),
            help: "Path of netledger-classifier (default: beside this one)."
        )
        var classifierProgram: String?

        /// The program and what it is started with, its own name included.
        func command(ownPath: String) throws -> (path: String, arguments: [String]) {
            let folder = URL(fileURLWithPath: ownPath).deletingLastPathComponent().path
            let path = classifierProgram ?? "\(folder)/netledger-classifier"
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw CommandFailure("There is no program \(path). Name it with --classifier-program.")
            }
            return (path, [path, "--config", file, "--check"])
        }

        mutating func run() async throws {
            let command = try command(ownPath: RunPlan.ownPath())
            var arguments: [UnsafeMutablePointer<CChar>?] = command.arguments.map { strdup($0) } + [nil]
            execv(command.path, &arguments)
            throw CommandFailure("Cannot start \(command.path): \(String(cString: strerror(errno))).")
        }
    }
}
