// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import TestSupport
import Testing
import Traffic

/// The built programs on this host: a classifier with a ledger of its own, and an agent that meters everything.
///
/// All run in a cgroup of their own, which is removed with everything in it by ``remove()``.
final class Deployment: Sendable {
    /// Files of the deployment: ledger, logs, configuration.
    let folder: TemporaryDirectory
    /// Where the classifier serves.
    let classifierURL: String

    /// Where the agent serves.
    let agentURL: String
    /// The cgroup in which all its programs run.
    let tools: CgroupLab.Group

    private let cgroups: CgroupLab
    /// What comes before the classifier's command, and before the agent's.
    private let classifierPrefix: [String]
    private let agentPrefix: [String]
    private let classifier = Mutex<ChildProcess?>(nil)
    private let agent = Mutex<ChildProcess?>(nil)

    /// Prepares a deployment; nothing runs yet.
    ///
    /// - Parameters:
    ///   - classifierPrefix: What comes before the classifier's command.
    ///   - agentPrefix: What comes before the agent's.
    init(classifierPrefix: [String] = [], agentPrefix: [String] = []) throws {
        self.classifierPrefix = classifierPrefix
        self.agentPrefix = agentPrefix
        folder = try TemporaryDirectory()
        cgroups = try CgroupLab()
        tools = try cgroups.group("tools")
        classifierURL = "http://127.0.0.1:\(try LoopbackPort.free())"
        agentURL = "http://127.0.0.1:\(try LoopbackPort.free())"
    }

    deinit {
        remove()
    }

    /// Ends what runs, at once, and deletes every file; does nothing the second time.
    func remove() {
        cgroups.remove()
        folder.remove()
    }

    /// Starts any program in the deployment's cgroup; its output goes to the file `log`.
    func start(_ command: [String], log: String) throws -> ChildProcess {
        try ChildProcess(tools.entering(command), outputPath: folder.file(log))
    }

    /// Starts the classifier on the ledger, new or as it was left, and waits until it is ready.
    ///
    /// It commits often, because an agent that drains many times a second sends as many batches, one at a time.
    ///
    /// - Parameters:
    ///   - configuration: Text of a YAML file; none if empty.
    ///   - kubernetes: A kubeconfig's path, or `off`.
    ///   - cluster: What its agents call that cluster.
    ///   - flags: More of the command line.
    func startClassifier(
        configuration: String = "",
        kubernetes: String = "off",
        cluster: String = "lab",
        _ flags: [String] = []
    ) async throws {
        var command = [
            try BuiltProduct.path("netledger-classifier"),
            "--listen", Self.address(of: classifierURL),
            "--database", folder.file("ledger.db"), "--kubernetes", kubernetes, "--kubernetes-cluster", cluster,
            "--commit-interval", "20ms",
        ]
        if !configuration.isEmpty {
            try configuration.write(toFile: folder.file("classifier.yaml"), atomically: true, encoding: .utf8)
            command += ["--config", folder.file("classifier.yaml")]
        }
        let process = try start(classifierPrefix + command + flags, log: "classifier.log")
        classifier.withLock { $0 = process }
        try await waitForAnswer(of: classifierURL + "/readyz", from: process)
    }

    /// Starts an agent on the host's whole cgroup hierarchy, and waits until its hooks are in place.
    func startAgent(_ flags: [String] = [], interval: String = "250ms") async throws {
        let command = [
            try BuiltProduct.path("netledger-agent"), "--classifier", classifierURL,
            "--listen", Self.address(of: agentURL),
            "--cluster", "lab", "--node", "host", "--interval", interval, "--shutdown-timeout", "60s",
        ]
        let process = try start(agentPrefix + command + flags, log: "agent.log")
        agent.withLock { $0 = process }
        try await waitForAnswer(of: agentURL + "/healthz", from: process)
    }

    /// The agent that was started last.
    var agentProcess: ChildProcess? {
        agent.withLock(\.self)
    }

    /// Stops the agent as an operator does (`SIGTERM`): it drains and uploads what is left, and exits with 0.
    func stopAgent() async throws {
        let process = agentProcess
        process?.signal(SIGTERM)
        try await process?.waitForSuccess()
    }

    /// Waits until no batch waits in the agent's queue: what earlier agents left in a spool takes its time.
    func waitUntilDelivered() async throws {
        try await waitUntil("the agent has delivered what waits", within: .seconds(120)) {
            try await HTTPAnswer.get(agentURL + "/metrics").text.contains("\nnetledger_agent_backlog_batches 0\n")
        }
    }

    /// Stops the classifier as an operator does (`SIGTERM`).
    func stopClassifier() async throws {
        let process = classifier.withLock(\.self)
        process?.signal(SIGTERM)
        try await process?.waitForSuccess()
    }

    /// Takes the agent away in the middle of whatever it does (`SIGKILL`).
    func killAgent() {
        agent.withLock { $0?.kill() }
    }

    /// Takes the classifier away in the middle of whatever it does (`SIGKILL`).
    func killClassifier() {
        classifier.withLock { $0?.kill() }
    }

    /// What the ledger holds from `start` to `end`, by `dimensions`, of the owners in `namespace`, or of all.
    func usage(
        by dimensions: [String],
        namespace: String? = nil,
        from start: String = "-1h",
        to end: String = "now"
    ) async throws -> Usage {
        let groups = dimensions.isEmpty ? [] : [(name: "group_by", value: dimensions.joined(separator: ","))]
        return
            try await HTTPAnswer.get(
                classifierURL + "/api/v1/usage",
                groups + [("start", start), ("end", end)] + (namespace.map { [("namespace", $0)] } ?? [])
            )
            .decoded()
    }

    /// What the ledger holds of a cluster by `dimensions`, each group once; nothing of it was lost.
    func usage(ofCluster cluster: String, _ dimensions: [String], filter: [(name: String, value: String)] = [])
        async throws -> [[String]: FlowCounters]
    {
        let usage: Usage =
            try await HTTPAnswer.get(
                classifierURL + "/api/v1/usage",
                [
                    (name: "group_by", value: dimensions.joined(separator: ",")), (name: "start", value: "-1h"),
                    (name: "end", value: "now"), (name: "cluster", value: cluster),
                ] + filter
            )
            .decoded()
        #expect(usage.lost.isEmpty)
        return Dictionary(
            uniqueKeysWithValues: usage.rows.map { row in (dimensions.map { row.group[$0] ?? "" }, row.counters) }
        )
    }

    /// What the ledger holds of the hosts of `lab`, by who started it.
    ///
    /// An initiator that is not known is an account too: the lab has none, so a comparison shows it.
    func accounts(of lab: TrafficLab) async throws -> [TrafficLab.Account: FlowCounters] {
        let usage = try await usage(by: ["pod", "initiator"], namespace: lab.parentCgroup)
        let hosts = lab.sides.map { $0.group.cgroupPath.split(separator: "/").last.map(String.init) }
        var accounts: [TrafficLab.Account: FlowCounters] = [:]
        for (group, counters) in try usage.byGroup("pod", "initiator") {
            let account = TrafficLab.Account(
                host: try #require(hosts.firstIndex(of: group[0]), "\(group[0]) is not a host of the lab"),
                initiator: Initiator(name: group[1]) ?? .unknown
            )
            accounts[account, default: .zero] += counters
        }
        return accounts
    }

    /// Batches that the ledger has booked since the classifier started.
    func appliedBatches() async throws -> Int {
        struct Status: Decodable {
            struct Batches: Decodable {
                var applied: Int
            }

            var batches: Batches
        }
        return try await HTTPAnswer.get(classifierURL + "/api/v1/status").decoded(Status.self).batches.applied
    }

    /// The text of the classifier's `/metrics`.
    func metrics() async throws -> String {
        let answer = try await HTTPAnswer.get(classifierURL + "/metrics")
        guard answer.status == 200 else { throw LaunchError("/metrics answered \(answer.status): \(answer.text)") }
        return answer.text
    }

    /// Expects that the ledger holds exactly what crossed the wire in `lab`; says by how much it does not.
    ///
    /// Every host must appear in both roles: an empty comparison would prove nothing.
    func expectEveryByte(of lab: TrafficLab, seed: UInt64, at location: SourceLocation = #_sourceLocation) async throws
    {
        let truth = try lab.accounts()
        let booked = try await accounts(of: lab)
        let lost = try await usage(by: [], namespace: lab.parentCgroup).lost
        let differences = Set(truth.keys).union(booked.keys).filter { truth[$0] != booked[$0] }
            .map { account in
                """
                \(lab.sides[account.host].group.cgroupPath), started by \(account.initiator): \
                booked \(booked[account, default: .zero]), on the wire \(truth[account, default: .zero])
                """
            }
        if !differences.isEmpty {
            Issue.record(
                "seed \(seed): \(differences.joined(separator: "; "))\n\(text(of: "agent.log"))",
                sourceLocation: location
            )
        }
        #expect(lost.isEmpty, "seed \(seed): \(lost)", sourceLocation: location)
        #expect(truth.count == 2 * lab.sides.count, sourceLocation: location)
    }

    /// What the program that logs to the file `log` has said so far.
    func text(of log: String) -> String {
        // A program that never ran has no log.
        (try? String(contentsOfFile: folder.file(log), encoding: .utf8)) ?? ""
    }

    /// The `host:port` of `url`.
    static func address(of url: String) -> String {
        url.replacingOccurrences(of: "http://", with: "")
    }

    func waitForAnswer(of url: String, from process: ChildProcess) async throws {
        do {
            try await waitUntil("\(url) answers 200") {
                if let status = process.exitStatus { throw LaunchError("it ended with \(status)") }
                // Until it listens, the connection is refused.
                return (try? await HTTPAnswer.get(url).status) == 200
            }
        } catch {
            throw LaunchError("\(url): \(error)\noutput: \(process.output)")
        }
    }
}
