// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import TestSupport
import Traffic

/// A running `netledger-classifier` with a ledger of its own.
struct ClassifierProcess: Sendable {
    /// The port it listens on.
    let port: UInt16
    /// Its process id.
    let processID: Int32

    private let child: ChildProcess

    /// Starts one with default settings, except for what `arguments` say, and waits until it listens.
    init(on bench: Workbench, ledger: String, _ arguments: [String] = []) async throws {
        child = try bench.start(
            "netledger-classifier",
            ["--listen", "127.0.0.1:0", "--database", bench.file(ledger)] + arguments
        )
        let line = try await child.waitForLine(containing: "listen=", within: .seconds(60))
        let digits = line.split(separator: "listen=").last?.drop { $0 != ":" }.dropFirst().prefix { $0.isNumber }
        guard let port = digits.flatMap({ UInt16($0) }) else {
            throw BenchmarkError("the classifier does not say where it listens: \(line)")
        }
        self.port = port
        processID = child.processID
    }

    /// Starts one that lets the nodes of `fleet` report, each with its token, and goes by `plan` if there is one.
    init(on bench: Workbench, for fleet: Fleet, plan: PrefixPlan?) async throws {
        let name = UUID().uuidString
        var arguments = ["--access", bench.file("\(name)-access.yaml")]
        try fleet.writeAccess(to: arguments[1])
        if let plan {
            arguments += ["--config", bench.file("\(name).yaml")]
            try plan.write(to: arguments[3])
        }
        try await self.init(on: bench, ledger: "\(name).db", arguments)
    }

    /// Stops the run if pods have not exactly the bytes of `sum`.
    ///
    /// Takes memory of the classifier, which writes a page about all pods.
    ///
    /// - Returns: How many series the ledger has.
    func check(holds sum: FlowCounters) throws -> Double {
        let page = try get("/metrics")
        let egress = try Self.sum(of: "netledger_pod_network_egress_bytes_total", in: page)
        let ingress = try Self.sum(of: "netledger_pod_network_ingress_bytes_total", in: page)
        guard egress == Double(sum.egressBytes), ingress == Double(sum.ingressBytes) else {
            throw BenchmarkError(
                "sent were \(sum.egressBytes) and \(sum.ingressBytes) bytes; booked \(egress) and \(ingress)"
            )
        }
        return try Self.sum(of: "netledger_classifier_ledger_series", in: page)
    }

    /// Reads its processor time and memory.
    func gauge() throws -> ProcessGauge {
        try ProcessGauge(processID: processID)
    }

    /// Asks for `target` over a connection of its own.
    func get(_ target: String) throws -> [UInt8] {
        let connection = try HTTPConnection(port: port)
        defer { connection.close() }
        return try connection.send(.get(target)).accepted()
    }

    /// The sum of a metric's samples.
    func metric(_ name: String) throws -> Double {
        try Self.sum(of: name, in: try get("/metrics"))
    }

    private static func sum(of name: String, in page: [UInt8]) throws -> Double {
        let name = Array(name.utf8)
        let ends = [UInt8(ascii: "{"), UInt8(ascii: " ")]
        var sum = 0.0
        var isFound = false
        for line in page.split(separator: UInt8(ascii: "\n")) where line.starts(with: name) {
            guard
                let end = line.dropFirst(name.count).first, ends.contains(end),
                let space = line.lastIndex(of: UInt8(ascii: " ")),
                let value = Double(String(decoding: line[(space + 1)...], as: UTF8.self))
            else { continue }
            sum += value
            isFound = true
        }
        guard isFound else {
            throw BenchmarkError("the classifier has no metric \(String(decoding: name, as: UTF8.self))")
        }
        return sum
    }

    /// Ends it at once; its ledger is of no use to anybody.
    func stop() {
        child.kill()
    }
}
