// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Classification
import Foundation
import Logging
import Settings
import TestSupport
import Testing
import Traffic

@testable import Classifier

@Suite struct ClassifierSettingsTests {
    private func resolve(
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        yaml: String? = nil
    ) throws -> ClassifierSettings {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var arguments = arguments
        if let yaml {
            try yaml.write(toFile: directory.file("a.yaml"), atomically: true, encoding: .utf8)
            arguments += ["--config", directory.file("a.yaml")]
        }
        return try ClassifierOptions.parse(arguments).resolve(environment: environment)
    }

    /// The error of settings that cannot be used, the path of the file shortened to `a.yaml`.
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
        let settings = try resolve(environment: ["NETLEDGER_TEST_SEED": "1", "PATH": "/bin"])
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 8_080))
        #expect(settings.database == "netledger.db")
        #expect(settings.kubernetes == .off)
        #expect(settings.commitInterval == .milliseconds(250))
        #expect(settings.commitRows == 50_000)
        #expect(settings.maxBody == 16_777_216)
        #expect(settings.logLevel == .info)
        #expect(settings.plan == NetworkPlan())
        #expect(settings.plan.maxNames == 8_192)
        #expect(settings.feeds.isEmpty)
    }

    @Test func everySettingCanBeAFlagAVariableOrAKey() throws {
        let values = [
            "listen": "[::1]:9090", "database": "/var/lib/x.db", "kubernetes": "off", "commit-interval": "1s",
            "commit-rows": "7", "max-body": "1MiB", "max-network-names": "9", "log-level": "debug",
        ]
        let asFlags = try resolve(values.flatMap { ["--\($0.key)", $0.value] })
        let asVariables = try resolve(
            environment: Dictionary(
                uniqueKeysWithValues: values.map { (SettingsSource.variableName($0.key), $0.value) }
            )
        )
        let asKeys = try resolve(yaml: values.map { "\($0.key): '\($0.value)'" }.joined(separator: "\n"))
        for settings in [asFlags, asVariables, asKeys] {
            #expect(settings.listen == ListenAddress(host: "::1", port: 9_090))
            #expect(settings.database == "/var/lib/x.db")
            #expect(settings.commitInterval == .seconds(1))
            #expect(settings.commitRows == 7)
            #expect(settings.maxBody == 1 << 20)
            #expect(settings.plan.maxNames == 9)
            #expect(settings.logLevel == .debug)
        }
    }

    @Test func flagsWinOverEnvironmentOverFile() throws {
        let environment = ["NETLEDGER_LISTEN": "127.0.0.1:2"]
        #expect(
            try resolve(["--listen", "localhost:1"], environment: environment, yaml: "listen: localhost:3").listen.port
                == 1
        )
        #expect(try resolve(environment: environment, yaml: "listen: localhost:3").listen.port == 2)
        #expect(try resolve(yaml: "listen: localhost:3").listen.port == 3)
    }

    @Test(arguments: [
        ("listen", "8080", "\"8080\" is not host:port, such as 127.0.0.1:8080, [::1]:8080 or localhost:8080"),
        ("database", "''", "\"\" is not text (it is empty)"),
        ("kubernetes", "on", "\"on\" is not off, in-cluster, or the path of a kubeconfig"),
        ("commit-interval", "0ms", "\"0ms\" is not a duration from 1ms to 1m, such as 250ms, 5s, 1m, 2h or 2d"),
        ("commit-rows", "0", "\"0\" is not a whole number from 1 to 10000000"),
        ("max-body", "2GiB", "\"2GiB\" is not a number of bytes from 1024 to 1073741824, such as 65536 or 16MiB"),
        ("max-network-names", "0", "\"0\" is not a whole number from 1 to 1000000"),
        ("log-level", "loud", "\"loud\" is not one of trace, debug, info, notice, warning, error, critical"),
    ])
    func aBadValueIsNamedWhereverItIs(key: String, value: String, reason: String) {
        #expect(refusal(yaml: "\n\n\(key): \(value)") == "a.yaml:3: \(key): \(reason)")
        let bare = value == "''" ? "" : value
        #expect(refusal(["--\(key)", bare]) == "--\(key): \(reason)")
        // A variable that is set to nothing is not set.
        guard !bare.isEmpty else { return }
        let variable = SettingsSource.variableName(key)
        #expect(refusal(environment: [variable: bare]) == "\(variable): \(reason)")
    }

    /// `--help` is where people learn the settings: its defaults and variable names are the real ones.
    @Test func helpStatesDefaultsAndVariables() throws {
        let help = ClassifierOptions.helpMessage(columns: 10_000)
        let found = help.matches(of: /--([a-z-]+) <value>\s+[^\n]*\((?:default: (\S+); )?(NETLEDGER_\w+)\)/)
        let flags = help.matches(of: /--[a-z-]+ <value>\s/)
        #expect(found.count == flags.count, "\(help)")
        for match in found {
            #expect(match.3 == SettingsSource.variableName(String(match.1)))
        }
        let defaults = found.flatMap { match in match.2.map { ["--\(match.1)", String($0)] } ?? [] }
        #expect(defaults.count >= 16)
        let stated = try resolve(defaults)
        #expect(String(describing: stated) == String(describing: ClassifierSettings()))
    }

    @Test func anUnknownFlagIsRefused() {
        #expect(throws: (any Error).self) { try resolve(["--port", "80"]) }
    }
}
