// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Settings
import TestSupport
import Testing

@testable import Classifier

@Suite struct ExposureTests {
    private func settings(_ arguments: [String], _ environment: [String: String] = [:]) throws -> ClassifierSettings {
        try ClassifierOptions.parse(arguments).resolve(environment: environment)
    }

    @Test(arguments: ["127.0.0.1:0", "127.8.9.10:80", "[::1]:8080", "localhost:8080", "LocalHost:1"])
    func onLoopbackNothingNeedsToBeSaid(listen: String) throws {
        let exposure = try settings(["--listen", listen]).exposure
        #expect(exposure == Exposure())
        #expect(exposure.minimumTLS == .tls13)
    }

    @Test(arguments: ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80", "ledger.example.org:80", "127.example.org:80"])
    func beyondItTLSAndAccessDo(listen: String) throws {
        let tls = ["--tls-certificate", "c", "--tls-key", "k"]
        for (arguments, part) in [
            ([], "--tls-certificate"), (["--access", "a"], "--allow-plain-http"), (tls, "--access"),
            (["--allow-plain-http"], "--access"),
        ] {
            let error = try #require(throws: SettingsError.self) { _ = try settings(["--listen", listen] + arguments) }
            #expect(error.description.contains(part) && error.description.contains(listen), "\(error)")
        }
        #expect(try settings(["--listen", listen, "--access", "a"] + tls).exposure.tls?.certificate == "c")
        #expect(try settings(["--listen", listen, "--access", "a", "--allow-plain-http"]).exposure.allowsPlainHTTP)
    }

    @Test func whatBelongsTogetherIsGivenTogether() throws {
        for (arguments, part) in [
            (["--tls-certificate", "c"], "--tls-key"), (["--tls-key", "k"], "--tls-certificate"),
            (["--client-ca", "ca"], "--tls-certificate"), (["--tls-minimum", "1.1"], "1.2, 1.3"),
            (["--max-connections", "1"], "16"), (["--query-timeout", "0s"], "100ms"),
        ] {
            let error = try #require(throws: SettingsError.self) { _ = try settings(arguments) }
            #expect(error.description.contains(part), "\(error)")
        }
    }

    @Test func everySettingIsAVariableToo() throws {
        let exposure = try settings(
            [],
            [
                "NETLEDGER_TLS_CERTIFICATE": "c", "NETLEDGER_TLS_KEY": "k", "NETLEDGER_CLIENT_CA": "ca",
                "NETLEDGER_TLS_MINIMUM": "1.2", "NETLEDGER_ACCESS": "a", "NETLEDGER_ALLOW_PLAIN_HTTP": "true",
                "NETLEDGER_MAX_CONNECTIONS": "99", "NETLEDGER_QUERY_TIMEOUT": "5s",
            ]
        )
        .exposure
        #expect(exposure.tls == ServerTLS.Files(certificate: "c", key: "k", clientAuthorities: "ca"))
        #expect(exposure.minimumTLS == .tls12 && exposure.access == "a" && exposure.allowsPlainHTTP)
        #expect(exposure.maxConnections == 99 && exposure.queryTimeout == .seconds(5))
    }

    @Test func rulesThatCannotBeServedAreRefused() throws {
        for (text, part) in [
            ("agents: [{certificate: \"*\"}]\nreaders: []", "--client-ca"),
            ("agents: [{service-account: a/b}]\nreaders: []", "--kubernetes"),
        ] {
            let classifier = try TestClassifier(access: text)
            let error = try #require(throws: SettingsError.self) { _ = try classifier.application() }
            #expect(error.description.contains(part), "\(error)")
        }
    }
}
