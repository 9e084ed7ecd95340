// SPDX-License-Identifier: Apache-2.0
import Foundation
import Settings
import TestSupport
import Testing

@Suite struct SettingsSourceTests {
    private func source(
        flag: String? = nil,
        variable: String? = nil,
        yaml: String? = nil
    ) throws -> SettingsSource {
        try SettingsSource(
            flags: ["commit-rows": flag, "listen": nil],
            environment: variable.map { ["NETLEDGER_COMMIT_ROWS": $0] } ?? [:],
            file: yaml.map { try SettingsFile(path: "a.yaml", text: $0) },
            fileKeys: ["destinations"]
        )
    }

    private func rows(_ source: SettingsSource) throws -> Int {
        try source.value("commit-rows", default: 4, as: .integer(in: 1...100))
    }

    @Test func flagsWinOverEnvironmentOverFileOverDefault() throws {
        #expect(try rows(source(flag: "1", variable: "2", yaml: "commit-rows: 3")) == 1)
        #expect(try rows(source(variable: "2", yaml: "commit-rows: 3")) == 2)
        #expect(try rows(source(yaml: "commit-rows: 3")) == 3)
        #expect(try rows(source()) == 4)
        #expect(try source().value("commit-rows", as: .integer(in: 1...100)) == Int?.none)
    }

    @Test func whatIsSetToNothing() throws {
        #expect(try rows(source(variable: "", yaml: "commit-rows: 3")) == 3, "an empty variable is not set")
        for null in ["", "~", "null", "Null", "NULL"] {
            #expect(try rows(source(yaml: "commit-rows: \(null)")) == 4, "null is not set")
        }
        let error = #expect(throws: SettingsError.self) { try rows(source(flag: "")) }
        #expect(error?.description == #"--commit-rows: "" is not a whole number from 1 to 100"#)
    }

    @Test func eachOriginIsNamed() throws {
        let flag = #expect(throws: SettingsError.self) { try rows(source(flag: "x", variable: "2", yaml: "listen: a")) }
        #expect(flag?.origin == .flag("--commit-rows"))
        let variable = #expect(throws: SettingsError.self) { try rows(source(variable: "101")) }
        #expect(variable?.description == #"NETLEDGER_COMMIT_ROWS: "101" is not a whole number from 1 to 100"#)
        let file = #expect(throws: SettingsError.self) {
            try rows(source(yaml: "# rows\nlisten: a\ncommit-rows: many\n"))
        }
        #expect(file?.origin == .file(path: "a.yaml", line: 3, key: "commit-rows"))
        #expect(file?.description == #"a.yaml:3: commit-rows: "many" is not a whole number from 1 to 100"#)
    }

    @Test(arguments: [
        ("commit_rows: 1", "a.yaml:1: commit_rows: unknown key; did you mean commit-rows?"),
        ("Commit-Rows: 1", "a.yaml:1: Commit-Rows: unknown key; did you mean commit-rows?"),
        ("listen: a\n\ncomit-rows: 1", "a.yaml:3: comit-rows: unknown key; did you mean commit-rows?"),
        ("destination: {}", "a.yaml:1: destination: unknown key; did you mean destinations?"),
        ("port: 1", "a.yaml:1: port: unknown key; known here: commit-rows, destinations, listen"),
        ("config: b.yaml", "a.yaml:1: config: unknown key; known here: commit-rows, destinations, listen"),
        ("<<: {listen: a}", "a.yaml:1: <<: unknown key; known here: commit-rows, destinations, listen"),
        ("listen: a\nlisten: b", "a.yaml:1: listen: the key is written twice in one mapping"),
        ("listen: a\n\"listen\": b", "a.yaml:1: listen: the key is written twice in one mapping"),
        ("listen: a\n!!int listen: b", "a.yaml:2: listen: the key is written twice; the first is on line 1"),
        ("- listen", "a.yaml:1: expected a mapping, found a list"),
        ("listen", "a.yaml:1: expected a mapping, found a single value"),
        ("? [a]\n: b", "a.yaml:1: a key must be a single word"),
    ])
    func keysThatCannotBeAreRefused(yaml: String, message: String) {
        let error = #expect(throws: SettingsError.self) { try source(yaml: yaml) }
        #expect(error?.description == message)
    }

    @Test(arguments: [
        ("commit-rows: [1]", "a.yaml:1: commit-rows: expected a single value, found a list"),
        ("\ncommit-rows:\n  a: 1", "a.yaml:3: commit-rows: expected a single value, found a mapping"),
    ])
    func valuesOfTheWrongKindAreRefused(yaml: String, message: String) {
        let error = #expect(throws: SettingsError.self) { try rows(source(yaml: yaml)) }
        #expect(error?.description == message)
    }

    @Test func theConfigurationFileIsFoundByFlagThenVariable() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try Self.write("listen: one", to: directory.file("1.yaml"))
        try Self.write("listen: two", to: directory.file("2.yaml"))
        func listen(flag: String?, variable: String?) throws -> String? {
            try SettingsSource(
                flags: ["config": flag, "listen": nil],
                environment: variable.map { ["NETLEDGER_CONFIG": $0] } ?? [:]
            )
            .value("listen", as: .text)
        }
        #expect(try listen(flag: directory.file("1.yaml"), variable: directory.file("2.yaml")) == "one")
        #expect(try listen(flag: nil, variable: directory.file("2.yaml")) == "two")
        #expect(try listen(flag: nil, variable: nil) == nil)
        #expect(try listen(flag: nil, variable: "") == nil)
        let empty = #expect(throws: SettingsError.self) { try listen(flag: "", variable: nil) }
        #expect(empty?.description == "--config: the file's path is empty")
        let missing = #expect(throws: SettingsError.self) { try listen(flag: directory.file("3.yaml"), variable: nil) }
        #expect(missing?.origin == .file(path: directory.file("3.yaml"), line: nil, key: nil))
        #expect(missing?.reason.hasPrefix("cannot read the configuration file: ") == true)
        #expect(missing?.reason.contains("No such file") == true, "\(missing?.reason ?? "")")
        #expect(throws: SettingsError.self) { try listen(flag: directory.path, variable: nil) }
    }

    @Test func variableNamesFollowFromKeys() {
        #expect(SettingsSource.variableName("commit-rows") == "NETLEDGER_COMMIT_ROWS")
        #expect(SettingsSource.variableName("listen") == "NETLEDGER_LISTEN")
    }

    private static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
}
