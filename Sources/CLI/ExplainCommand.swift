// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Queries

/// `netledger explain`: why an address is judged as it is.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show how far an address is, what it is called, and which entry of which list says so.",
        usage: "netledger explain <remote> [--local <address> | --node <node> | --region <region> --zone <zone>] "
            + "[<options>]"
    )

    /// How the answer is written.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table
        case json
    }

    @Argument(help: "The address at the other side.")
    var remote: String

    @Option(help: "Judge from the pod or the node of the cluster that has this address.")
    var local: String?

    @Option(help: "Judge from this node, which must have sent bytes.")
    var node: String?

    @Option(help: "Judge from this region.")
    var region: String?

    @Option(help: "Judge from this zone.")
    var zone: String?

    // A relative time begins with a dash.
    @Option(parsing: .unconditional, help: "Judge by the lists of this time: RFC 3339, a date, or -30d and the like.")
    var at: String?

    @Option(help: "table or json.")
    var format = Format.table

    @OptionGroup var server: ServerOptions

    func validate() throws {
        if local != nil, node != nil || region != nil || zone != nil {
            throw ValidationError("--local says where it is judged from; leave out --node, --region and --zone")
        }
        if node != nil, region != nil || zone != nil {
            throw ValidationError("--node says where the node stands; leave out --region and --zone")
        }
    }

    /// What the classifier is asked.
    var parameters: [(name: String, value: String)] {
        var parameters = [(name: "remote", value: remote)]
        if let local { parameters.append(("local", local)) }
        if let node { parameters.append(("local", node)) }
        if region != nil || zone != nil { parameters.append(("local", "\(region ?? "")/\(zone ?? "")")) }
        if let at { parameters.append(("at", at)) }
        return parameters + [("format", format.rawValue)]
    }

    mutating func run() async throws {
        let answer = try await server.client().get("/api/v1/explain", parameters)
        try StandardOutput.write(format == .json ? answer + [UInt8(ascii: "\n")] : answer)
    }
}
