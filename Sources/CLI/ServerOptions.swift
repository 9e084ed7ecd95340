// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// Which classifier to ask.
struct ServerOptions: ParsableArguments {
    static let defaultURL = "http://127.0.0.1:8080"

    @Option(
        help: ArgumentHelp(
            "URL of the classifier (default: NETLEDGER_SERVER, or \(defaultURL)).",
            valueName: "url"
        )
    )
    var server: String?

    /// A client of the classifier that the flag names, else the environment, else the default.
    func client(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> ClassifierClient {
        if let server { return try ClassifierClient(server: server, origin: "--server") }
        if let server = environment["NETLEDGER_SERVER"], !server.isEmpty {
            return try ClassifierClient(server: server, origin: "NETLEDGER_SERVER")
        }
        return try ClassifierClient(server: Self.defaultURL, origin: "the default")
    }
}
