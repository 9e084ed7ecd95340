// SPDX-License-Identifier: Apache-2.0
import Foundation
import Queries

/// Two programs with their arguments, where they log, and where they answer.
struct RunPlan: Hashable, Sendable {
    /// One program.
    struct Command: Hashable, Sendable {
        /// Path of the executable.
        var path: String
        /// What it is started with, its own name excluded.
        var arguments: [String]
        /// File that takes its output.
        var log: String
        /// URL it answers at once it is ready.
        var url: String
    }

    var classifier: Command
    var agent: Command
    /// Absolute path of the ledger.
    var database: String
    /// Directory of the logs.
    var logs: String
    /// How long a program may take to become ready.
    var startWithin: Duration
    /// How long a program may take to stop.
    var stopWithin: Duration

    /// The plan that `options` ask for.
    ///
    /// - Parameter ownPath: Path of this executable; the others are looked for beside it.
    /// - Throws: ``CommandFailure`` if a program is not there.
    init(_ options: RunOptions, ownPath: String) throws {
        let folder = URL(fileURLWithPath: ownPath).deletingLastPathComponent().path
        func program(_ name: String, _ path: String?, flag: String) throws -> String {
            let path = path ?? "\(folder)/\(name)"
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw CommandFailure(
                    "There is no program \(path). Build it with 'swift build -c release', or name it with \(flag)."
                )
            }
            return path
        }
        func flags(_ pairs: [(String, String?)]) -> [String] {
            pairs.flatMap { name, value in value.map { [name, $0] } ?? [] }
        }
        // Checked when the options were parsed.
        let classifierURL = Self.url(of: options.listen) ?? ServerOptions.defaultURL
        let agentURL = Self.url(of: options.agentListen) ?? ""
        database = URL(fileURLWithPath: options.database).path
        logs = URL(fileURLWithPath: options.logs).path
        classifier = Command(
            path: try program("netledger-classifier", options.classifierProgram, flag: "--classifier-program"),
            arguments: flags([
                ("--listen", options.listen), ("--database", database), ("--config", options.classifierConfig),
                ("--log-level", options.logLevel),
            ]),
            log: "\(logs)/classifier.log",
            url: classifierURL
        )
        agent = Command(
            path: try program("netledger-agent", options.agentProgram, flag: "--agent-program"),
            arguments: flags([
                ("--classifier", classifierURL), ("--listen", options.agentListen), ("--config", options.agentConfig),
                ("--cluster", options.cluster), ("--node", options.node), ("--region", options.region),
                ("--zone", options.zone), ("--interval", options.interval), ("--cgroup-root", options.cgroupRoot),
                ("--flow-capacity", options.flowCapacity), ("--log-level", options.logLevel),
            ]),
            log: "\(logs)/agent.log",
            url: agentURL
        )
        startWithin = .seconds(DurationText.seconds(options.startWithin) ?? 30)
        stopWithin = .seconds(DurationText.seconds(options.stopWithin) ?? 30)
    }

    /// One of the two programs.
    subscript(program: Supervision.Program) -> Command {
        switch program {
        case .classifier: classifier
        case .agent: agent
        }
    }

    /// The URL at which this host reaches what listens on `address`, or `nil` if that is not `host:port`.
    ///
    /// An address that means "all of them" is reached over loopback. Port 0, a port of the system's choice, is not
    /// accepted: nobody could tell where to ask.
    static func url(of address: String) -> String? {
        guard let colon = address.lastIndex(of: ":") else { return nil }
        let digits = address[address.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0 else {
            return nil
        }
        var host = String(address[..<colon])
        switch host {
        case "0.0.0.0": host = "127.0.0.1"
        case "[::]": host = "[::1]"
        default: break
        }
        let url = "http://\(host):\(port)"
        guard !host.isEmpty, !host.hasSuffix(":"), let parsed = URLComponents(string: url), parsed.port == Int(port),
            parsed.path.isEmpty, parsed.user == nil
        else { return nil }
        return url
    }

    /// Path of the executable that runs.
    static func ownPath() throws -> String {
        do {
            return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        } catch {
            throw CommandFailure(
                "Cannot tell where this program is, because /proc is not mounted: name the others with "
                    + "--classifier-program and --agent-program."
            )
        }
    }
}
