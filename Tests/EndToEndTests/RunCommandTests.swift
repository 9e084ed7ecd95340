// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic

/// `netledger run`, as someone who tries the product uses it.
@Suite(.serialized, .whereMeteringWorks, .enabled(if: TestEnvironment.has("bpftool"), "needs bpftool"))
struct RunCommandTests {
    @Test func runMetersShowsTheTalkersAndStopsCleanly() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        var random = SeededRandom()
        let lab = try TrafficLab(TrafficMix.everything(&random))
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
        }
        let netledger = try BuiltProduct.path("netledger")
        let run = try deployment.start(
            [
                netledger, "run", "--database", deployment.folder.file("ledger.db"),
                "--listen", Deployment.address(of: deployment.classifierURL),
                "--agent-listen", Deployment.address(of: deployment.agentURL),
                "--logs", deployment.folder.file("logs"), "--interval", "250ms", "--refresh", "1s",
                "--by", "namespace,pod,initiator", "--rows", "1000", "--units", "exact",
            ],
            log: "run.log"
        )
        try await waitForAgent(deployment, run)
        let agent = try #require(
            deployment.tools.members.first { Self.name(of: $0) == "netledger-agent" },
            "no agent runs: \(run.output)"
        )
        let programs = try Self.attachedPrograms(of: agent)
        #expect(programs.count >= 2, "the agent has hooks for both directions")
        #expect(try Self.isSubset(programs, ofHooksAt: #require(CgroupLab.mountPoint)))

        try await lab.run()
        let truth = try lab.accounts()
        try await waitUntil("the ledger holds \(truth)", every: .milliseconds(20)) {
            try await deployment.accounts(of: lab) == truth
        }
        for counters in truth.values {
            // The table shows each account in a line of its own.
            try await run.waitForLine(containing: "\(counters.egressBytes)")
        }

        run.signal(SIGINT)
        #expect(try await run.waitForExit() == .code(0), "\(run.output)")
        #expect(deployment.tools.members.isEmpty, "\(deployment.tools.members.map(Self.name)) still run")
        for program in programs {
            #expect(throws: LaunchError.self, "hook \(program) is still loaded") {
                try Shell.run(["bpftool", "prog", "show", "id", program])
            }
        }
        try await expectTheLedgerStays(truth, lab, deployment, netledger)
    }

    /// The ledger can be served again, and the command line tells the same bytes.
    private func expectTheLedgerStays(
        _ truth: [TrafficLab.Account: FlowCounters],
        _ lab: TrafficLab,
        _ deployment: Deployment,
        _ netledger: String
    ) async throws {
        try await deployment.startClassifier()
        #expect(try await deployment.accounts(of: lab) == truth)
        let table = try Shell.run([
            netledger, "usage", "--server", deployment.classifierURL, "--where", "namespace=\(lab.parentCgroup)",
            "--by", "pod,initiator", "--last", "1h", "--format", "csv",
        ])
        let lines = table.split(whereSeparator: \.isNewline).map { $0.split(separator: ",").map(String.init) }
        let heading = try #require(lines.first)
        let expected = Set(
            truth.map { account, counters in
                [
                    ["left", "right"][account.host], account.initiator.name, "\(counters.egressBytes)",
                    "\(counters.ingressBytes)", "\(counters.egressPackets)", "\(counters.ingressPackets)",
                ]
            }
        )
        let columns = ["pod", "initiator", "egress_bytes", "ingress_bytes", "egress_packets", "ingress_packets"]
        let positions = try columns.map { try #require(heading.firstIndex(of: $0), "\($0) is not in \(heading)") }
        #expect(Set(lines.dropFirst().map { line in positions.map { line[$0] } }) == expected)
        #expect(try Shell.run([netledger, "status", "--server", deployment.classifierURL]).isEmpty == false)
        try await deployment.stopClassifier()
    }

    private func waitForAgent(_ deployment: Deployment, _ run: ChildProcess) async throws {
        try await waitUntil("the agent answers") {
            if let status = run.exitStatus { throw LaunchError("run ended with \(status): \(run.output)") }
            // Until it listens, the connection is refused.
            return (try? await HTTPAnswer.get(deployment.agentURL + "/healthz").status) == 200
        }
    }

    private static func name(of process: pid_t) -> String {
        // A process that has just ended has no name.
        let name = (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? ""
        return name.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Ids of the kernel programs that `process` holds attached, from its open links.
    private static func attachedPrograms(of process: pid_t) throws -> [String] {
        let folder = "/proc/\(process)/fdinfo"
        return try FileManager.default.contentsOfDirectory(atPath: folder)
            .flatMap { descriptor in
                // A descriptor may be closed between the listing and the reading; a link is not.
                let text = (try? String(contentsOfFile: "\(folder)/\(descriptor)", encoding: .utf8)) ?? ""
                guard text.contains("link_id:") else { return [String]() }
                return text.split(separator: "\n").filter { $0.hasPrefix("prog_id:") }
                    .compactMap { $0.split(whereSeparator: \.isWhitespace).last.map(String.init) }
            }
    }

    private static func isSubset(_ programs: [String], ofHooksAt cgroup: String) throws -> Bool {
        struct Hook: Decodable {
            var id: Int
        }
        let text = try Shell.run(["bpftool", "-j", "cgroup", "show", cgroup])
        let hooks = try JSONDecoder().decode([Hook].self, from: Data(text.utf8))
        return Set(programs).isSubset(of: hooks.map { String($0.id) })
    }
}
