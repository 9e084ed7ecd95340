// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Identity

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

    @Option(
        name: .customLong("ca-file"),
        help: ArgumentHelp(
            "PEM file with the authorities that vouch for the classifier (NETLEDGER_CA_FILE; default: the system's).",
            valueName: "file"
        )
    )
    var authorities: String?

    @Option(help: ArgumentHelp("File with the token to show (NETLEDGER_TOKEN_FILE).", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp("PEM file with the certificate to show (NETLEDGER_CLIENT_CERTIFICATE).", valueName: "file")
    )
    var clientCertificate: String?

    @Option(help: ArgumentHelp("PEM file with its key (NETLEDGER_CLIENT_KEY).", valueName: "file"))
    var clientKey: String?

    /// A client of the classifier that the flag names, else the environment, else the default.
    func client(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> ClassifierClient {
        func setting(_ flag: String?, _ variable: String) -> String? {
            flag ?? environment[variable].flatMap { $0.isEmpty ? nil : $0 }
        }
        let files = ClientIdentity.Files(
            authorities: setting(authorities, "NETLEDGER_CA_FILE"),
            certificate: setting(clientCertificate, "NETLEDGER_CLIENT_CERTIFICATE"),
            key: setting(clientKey, "NETLEDGER_CLIENT_KEY"),
            token: setting(tokenFile, "NETLEDGER_TOKEN_FILE")
        )
        if let server { return try ClassifierClient(server: server, origin: "--server", files: files) }
        if let server = environment["NETLEDGER_SERVER"], !server.isEmpty {
            return try ClassifierClient(server: server, origin: "NETLEDGER_SERVER", files: files)
        }
        return try ClassifierClient(server: Self.defaultURL, origin: "the default", files: files)
    }
}
