// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic

/// The real agent as a user without privileges but the capabilities that README.md names.
@Suite(.serialized, .whereMeteringWorks, .enabled(if: TestEnvironment.has("setpriv"), "needs setpriv of util-linux"))
struct PrivilegeTests {
    private static let nobody = "65534"

    /// A command that becomes `command`, with these capabilities and no other.
    private static func nobody(with capabilities: [String], _ command: [String]) -> [String] {
        let set = (["-all"] + capabilities.map { "+" + $0 }).joined(separator: ",")
        return [
            "setpriv", "--reuid", nobody, "--regid", nobody, "--clear-groups", "--inh-caps=" + set,
            "--ambient-caps=" + set, "--bounding-set=" + set,
        ] + command
    }

    /// The agent in a place that any user reaches; removed with the folder.
    private static func publicAgent() throws -> (folder: String, agent: String) {
        let folder = "/tmp/netledger-public-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o755]
        )
        let agent = folder + "/netledger-agent"
        try FileManager.default.copyItem(atPath: BuiltProduct.path("netledger-agent"), toPath: agent)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: agent)
        return (folder, agent)
    }

    private func command(_ agent: String, _ deployment: Deployment) -> [String] {
        [
            agent, "--classifier", deployment.classifierURL, "--listen", Deployment.address(of: deployment.agentURL),
            "--cluster", "lab", "--node", "host", "--interval", "250ms", "--shutdown-timeout", "60s",
        ]
    }

    @Test(arguments: [["bpf", "net_admin"], ["bpf", "net_admin", "perfmon"]])
    func twoCapabilitiesAreEnoughToMeterPinAndName(capabilities: [String]) async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let (folder, agent) = try Self.publicAgent()
        // A file system of its own, in which the user has a directory.
        let pins = folder + "/bpf"
        try FileManager.default.createDirectory(atPath: pins, withIntermediateDirectories: false)
        try Shell.run(["mount", "-t", "bpf", "-o", "mode=0711", "bpf", pins])
        try Shell.run(["install", "-d", "-o", Self.nobody, "-m", "0700", pins + "/netledger", folder + "/spool"])
        var random = SeededRandom()
        let lab = try TrafficLab(TrafficMix.everything(&random))
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
            // Whatever is pinned goes with the file system.
            _ = try? Shell.run(["umount", pins])
            try? FileManager.default.removeItem(atPath: folder)
        }
        try await deployment.startClassifier()
        let process = try deployment.start(
            Self.nobody(
                with: capabilities,
                command(agent, deployment) + ["--pin", pins + "/netledger", "--spool", folder + "/spool"]
            ),
            log: "agent.log"
        )
        try await process.waitForLine(containing: "Attached to the kernel")
        #expect(try Shell.run(["stat", "-c", "%u", "/proc/\(process.processID)"]) == Self.nobody + "\n")
        try await lab.run()
        process.signal(SIGTERM)
        try await process.waitForSuccess()
        try await deployment.expectEveryByte(of: lab, seed: random.seed)
        #expect(try FileManager.default.contentsOfDirectory(atPath: pins + "/netledger").contains("hooks"))
    }

    @Test(arguments: [(["net_admin", "perfmon"], "CAP_BPF"), (["bpf", "perfmon"], "CAP_NET_ADMIN")])
    func withoutOneOfThemItSaysWhich(capabilities: [String], missing: String) async throws {
        let (folder, agent) = try Self.publicAgent()
        let deployment = try Deployment()
        defer {
            deployment.remove()
            try? FileManager.default.removeItem(atPath: folder)
        }
        let process = try deployment.start(
            Self.nobody(with: capabilities, command(agent, deployment)),
            log: "agent.log"
        )
        #expect(try await process.waitForExit() != .code(0))
        #expect(process.output.contains("\(missing) is missing. Run it as root"), "\(process.output)")
    }
}
