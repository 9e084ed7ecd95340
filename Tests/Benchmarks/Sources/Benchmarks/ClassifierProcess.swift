// SPDX-License-Identifier: Apache-2.0
import Instruments
import TestSupport

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
        var sum = 0.0
        var isFound = false
        for line in String(decoding: try get("/metrics"), as: UTF8.self).split(separator: "\n") {
            guard line.hasPrefix(name), let next = line.dropFirst(name.count).first, next == "{" || next == " " else {
                continue
            }
            guard let value = line.split(separator: " ").last.flatMap({ Double($0) }) else { continue }
            sum += value
            isFound = true
        }
        guard isFound else { throw BenchmarkError("the classifier has no metric \(name)") }
        return sum
    }

    /// Ends it at once; its ledger is of no use to anybody.
    func stop() {
        child.kill()
    }
}
