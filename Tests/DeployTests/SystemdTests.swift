// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// The units, as systemd reads them.
@Suite(.enabled(if: TestEnvironment.has("systemd-analyze"), "needs systemd-analyze"))
struct SystemdTests {
    /// The units in a folder of the test's own, with the programs where the build put them.
    private func units() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: DeployTools.path("systemd")) {
            var text = try DeployTools.text(of: "systemd/" + name)
            for program in ["netledger-agent", "netledger-classifier"] {
                text = text.replacingOccurrences(of: "/usr/bin/\(program) ", with: try BuiltProduct.path(program) + " ")
            }
            try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
        }
        return folder
    }

    private static let services = ["netledger-agent.service", "netledger-classifier.service"]

    @Test func systemdTakesTheUnits() throws {
        let folder = try units()
        defer { folder.remove() }
        let names = Self.services + ["run-netledger-bpf.mount"]
        // It ends with 0 and says what it does not know.
        let command = "systemd-analyze verify --man=no \(names.map(folder.file).joined(separator: " ")) 2>&1"
        let said = try Shell.run(["/bin/sh", "-c", command])
        #expect(!said.contains(folder.path), "\(said)")
    }

    @Test(arguments: services) func littleIsExposed(service: String) throws {
        let folder = try units()
        defer { folder.remove() }
        // In tenths; systemd calls up to 2 "OK", and 9 is a unit without any of this.
        try Shell.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", folder.file(service)])
    }

    @Test func capabilitiesAreTheLeast() throws {
        let agent = try DeployTools.text(of: "systemd/netledger-agent.service")
        let set = "CAP_BPF CAP_NET_ADMIN CAP_PERFMON\n"
        #expect(agent.contains("\nAmbientCapabilities=" + set))
        #expect(agent.contains("\nCapabilityBoundingSet=" + set))
        let classifier = try DeployTools.text(of: "systemd/netledger-classifier.service")
        #expect(classifier.contains("\nCapabilityBoundingSet=\n") && !classifier.contains("Ambient"))
        for text in [agent, classifier] {
            #expect(text.contains("\nNoNewPrivileges=yes\n") && text.contains("\nProtectSystem=strict\n"))
        }
    }

    /// `bpf` is one of `@privileged`, so it has to be allowed after those are taken away.
    @Test func theAgentMayCallBPF() throws {
        let filters = try DeployTools.text(of: "systemd/netledger-agent.service").split(separator: "\n")
            .filter {
                $0.hasPrefix("SystemCallFilter=")
            }
        #expect(filters.last == "SystemCallFilter=bpf")
        #expect(try Shell.run(["systemd-analyze", "syscall-filter", "@privileged"]).contains("bpf"))
    }

    @Test(arguments: [("agent", ["run", "--help"]), ("classifier", ["--help"])])
    func everyFlagIsOneThatTheProgramHas(name: String, help: [String]) throws {
        let known = try Shell.run([try BuiltProduct.path("netledger-\(name)")] + help)
        let start = try #require(
            try DeployTools.text(of: "systemd/netledger-\(name).service").split(separator: "\n")
                .first {
                    $0.hasPrefix("ExecStart=")
                }
        )
        let flags = start.split(separator: " ").filter { $0.hasPrefix("--") }
        #expect(flags.count >= 2)
        for flag in flags { #expect(known.contains("  \(flag) <value>"), "\(name) has no \(flag)") }
    }

    @Test func theUsersAreMade() throws {
        let said = try Shell.run([
            "/bin/sh", "-c", "systemd-sysusers --dry-run \(DeployTools.path("systemd/sysusers.conf")) 2>&1",
        ])
        for user in ["netledger-agent", "netledger-classifier"] {
            let hasUser = said.contains("Creating user '\(user)'")
            let existed = try Shell.run(["/bin/sh", "-c", "getent passwd \(user) || true"]).contains(user)
            #expect(hasUser || existed)
        }
    }

    @Test func theExampleConfigurationsCanBeUsed() throws {
        let classifier = try BuiltProduct.path("netledger-classifier")
        try Shell.run([classifier, "--check", "--config", DeployTools.path("systemd/classifier.yaml")])
    }
}
