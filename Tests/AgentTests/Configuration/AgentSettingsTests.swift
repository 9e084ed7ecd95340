import ArgumentParser
import Foundation
import Logging
import Settings
import TestSupport
import Testing
import Traffic

// SPDX-License-Identifier: Apache-2.0
@testable import Agent

@Suite struct AgentSettingsTests {
    private func resolve(
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        yaml: String? = nil
    ) throws -> AgentSettings {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var arguments = arguments
        if let yaml {
            try yaml.write(toFile: directory.file("a.yaml"), atomically: true, encoding: .utf8)
            arguments += ["--config", directory.file("a.yaml")]
        }
        return try AgentOptions.parse(arguments).resolve(environment: environment)
    }

    private func refusal(
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        yaml: String? = nil
    ) -> String? {
        let error = #expect(throws: SettingsError.self) {
            try resolve(arguments, environment: environment, yaml: yaml)
        }
        return error?.description.replacing(/^\S*a\.yaml/, with: "a.yaml")
    }

    @Test func withoutSettingsTheDefaultsHold() throws {
        let settings = try resolve()
        #expect(settings.classifier == "http://127.0.0.1:8080")
        #expect(settings.cluster == "default")
        #expect(settings.node == AgentSettings.hostName && !settings.node.isEmpty)
        #expect(settings.region == nil && settings.zone == nil && settings.cgroupRoot == nil)
        #expect(settings.interval == .seconds(5))
        #expect(settings.flowCapacity == 131_072)
        #expect(settings.backlog == 8_388_608)
        #expect(settings.shutdownTimeout == .seconds(10))
        #expect(settings.services.isEmpty && settings.ownerQuota == nil && settings.pin == nil && settings.spool == nil)
        #expect(settings.spoolBytes == 268_435_456 && settings.spoolAge == .seconds(604_800))
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 9_464))
        #expect(settings.logLevel == .info)
        #expect(settings.place.region == nil && settings.place.zone == nil)
    }

    @Test func everySettingCanBeAFlagAVariableOrAKey() throws {
        let values = [
            "classifier": "https://ledger.example/", "cluster": "c1", "node": "no", "region": "r1", "zone": "z1",
            "interval": "250ms", "cgroup-root": "/sys/fs/cgroup/unified", "flow-capacity": "16", "listen": "0.0.0.0:0",
            "log-level": "trace", "backlog": "1MiB", "shutdown-timeout": "300ms", "pin": "/sys/fs/bpf/n",
            "spool": "/var/lib/n", "spool-bytes": "2MiB", "spool-age": "2d", "owner-quota": "5",
            "service-cidr": "10.96.0.0/12, fd00:96::/108",
        ]
        let asFlags = try resolve(values.flatMap { ["--\($0.key)", $0.value] })
        let asVariables = try resolve(
            environment: Dictionary(
                uniqueKeysWithValues: values.map { (SettingsSource.variableName($0.key), $0.value) }
            )
        )
        let asKeys = try resolve(yaml: values.map { "\($0.key): \($0.value)" }.joined(separator: "\n"))
        for settings in [asFlags, asVariables, asKeys] {
            #expect(settings.classifier == "https://ledger.example")
            #expect(settings.cluster == "c1" && settings.node == "no")
            #expect(settings.place.region == "r1" && settings.place.zone == "z1")
            #expect(settings.interval == .milliseconds(250))
            #expect(settings.services.map(\.description) == ["10.96.0.0/12", "fd00:96::/108"])
            #expect(settings.cgroupRoot == "/sys/fs/cgroup/unified")
            #expect(settings.flowCapacity == 16 && settings.ownerQuota == 5)
            #expect(settings.backlog == 1_048_576)
            #expect(settings.shutdownTimeout == .milliseconds(300))
            #expect(settings.pin == "/sys/fs/bpf/n" && settings.spool == "/var/lib/n")
            #expect(settings.spoolBytes == 2_097_152 && settings.spoolAge == .seconds(172_800))
            #expect(settings.listen == ListenAddress(host: "0.0.0.0", port: 0))
            #expect(settings.logLevel == .trace)
        }
    }

    @Test(arguments: [
        ("classifier", "127.0.0.1:8080", "an http:// or https:// URL without query, such as http://127.0.0.1:8080"),
        ("cluster", String(repeating: "c", count: 254), "a name of 1 to 253 bytes without control characters"),
        ("node", "a\tb", "a name of 1 to 253 bytes without control characters"),
        ("interval", "2m", "a duration from 10ms to 1m, such as 250ms, 5s, 1m, 2h or 2d"),
        ("interval", "5", "a duration from 10ms to 1m, such as 250ms, 5s, 1m, 2h or 2d"),
        ("flow-capacity", "0", "a whole number from 1 to 16777216"),
        ("flow-capacity", "4294967296", "a whole number from 1 to 16777216"),
        ("owner-quota", "0", "a whole number from 1 to 16777216"),
        ("backlog", "1kB", "a number of bytes from 65536 to 1073741824, such as 65536 or 16MiB"),
        ("spool-bytes", "1kB", "a number of bytes from 1048576 to 1099511627776, such as 65536 or 16MiB"),
        ("spool-age", "1s", "a duration from 1m to 3650d, such as 250ms, 5s, 1m, 2h or 2d"),
        ("shutdown-timeout", "11m", "a duration from 100ms to 10m, such as 250ms, 5s, 1m, 2h or 2d"),
        ("listen", ":9464", "host:port, such as 127.0.0.1:8080, [::1]:8080 or localhost:8080"),
        ("log-level", "INFO", "one of trace, debug, info, notice, warning, error, critical"),
    ])
    func aBadValueIsNamedWhereverItIs(key: String, value: String, expectation: String) {
        let flag = refusal(["--\(key)", value])
        #expect(
            flag?.hasPrefix("--\(key): \"") == true && flag?.hasSuffix("is not \(expectation)") == true,
            "\(flag ?? "")"
        )
        let variable = refusal(environment: [SettingsSource.variableName(key): value])
        #expect(variable?.hasPrefix("\(SettingsSource.variableName(key)): ") == true, "\(variable ?? "")")
        let file = refusal(yaml: "# agent\n\(key): \"\(value)\"")
        #expect(file?.hasPrefix("a.yaml:2: \(key): ") == true, "\(file ?? "")")
    }

    @Test func keysOfOtherProgramsAreRefused() {
        #expect(
            refusal(yaml: "destinations: {}")?
                .hasPrefix("a.yaml:1: destinations: unknown key; known here: backlog, ca-file, cgroup-root, classifier")
                == true
        )
    }

    @Test func helpStatesDefaultsAndVariables() throws {
        let help = AgentOptions.helpMessage(columns: 10_000)
        let found = help.matches(of: /--([a-z-]+) <value>\s+[^\n]*\((?:default: (\S+); )?(NETLEDGER_\w+)\)/)
        #expect(found.count == 22, "\(help)")
        for match in found {
            #expect(match.3 == SettingsSource.variableName(String(match.1)))
        }
        let defaults = found.flatMap { match in match.2.map { ["--\(match.1)", String($0)] } ?? [] }
        #expect(defaults.count == 20)
        #expect(String(describing: try resolve(defaults)) == String(describing: AgentSettings()))
    }
}
