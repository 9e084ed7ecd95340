// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Classification
import Foundation
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing
import Traffic

@testable import Classifier

@Suite struct ReloadTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("classifier.yaml")
    }

    private func write(_ yaml: String) throws {
        try yaml.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private func reloader(_ clock: ManualClock) throws -> Reloader {
        let options = try ClassifierOptions.parse(["--config", path])
        let resolve: @Sendable () throws -> ClassifierSettings = { try options.resolve(environment: [:]) }
        let rules = try LiveRules(resolve(), clock: clock.wall, logger: TestClassifier.silent)
        return Reloader(path: options.configurationPath(environment: [:]), resolve: resolve, rules: rules)
    }

    private func scope(_ rules: LiveRules, _ address: String) throws -> Scope {
        let address = try #require(IPAddress(address))
        return rules.rulebook.current
            .verdict(remote: address, viaLoopback: false, local: Place(region: nil, zone: nil))
            .scope
    }

    @Test func aChangedFileTakesEffectAndAWrongOneDoesNot() throws {
        defer { directory.remove() }
        try write("destinations:\n  in-zone: [10.1.0.0/16]\n")
        let clock = ManualClock(seconds: 1000)
        let reloader = try reloader(clock)
        let rules = reloader.rules
        #expect(try scope(rules, "10.1.0.1") == .sameZone)

        clock.advance(seconds: 10)
        reloader.reloadIfChanged()
        #expect(rules.status == LiveRules.Status(loadedAt: 1000))

        try write("destinations:\n  in-region: [10.1.0.0/16]\n")
        reloader.reloadIfChanged()
        #expect(try scope(rules, "10.1.0.1") == .sameRegion)
        #expect(rules.status == LiveRules.Status(loadedAt: 1010, successes: 1))

        clock.advance(seconds: 10)
        try write("destinations:\n  in-zone: [10.1.0.0/33]\n  \n")
        reloader.reloadIfChanged()
        #expect(try scope(rules, "10.1.0.1") == .sameRegion)
        #expect(rules.status.loadedAt == 1010)
        #expect(rules.status.failures == 1)
        #expect(rules.status.error?.contains("\(path):2") == true)
        // The same wrong file is not tried again.
        reloader.reloadIfChanged()
        #expect(rules.status.failures == 1)

        try FileManager.default.removeItem(atPath: path)
        reloader.reloadIfChanged()
        #expect(rules.status.failures == 2)
        #expect(try scope(rules, "10.1.0.1") == .sameRegion)

        try write("destinations:\n  internet: [10.1.0.0/16]\n")
        reloader.reloadIfChanged()
        #expect(try scope(rules, "10.1.0.1") == .internet)
        #expect(rules.status == LiveRules.Status(loadedAt: 1020, successes: 2, failures: 2))
    }

    @Test func aChangedFeedTakesEffect() throws {
        defer { directory.remove() }
        let feed = directory.file("ip-ranges.json")
        func write(region: String) throws {
            let json = """
                {"syncToken":"1735689600","createDate":"2025-01-01-00-00-00","prefixes":[{"ip_prefix":"3.5.0.0/16",
                "region":"\(region)","service":"S3","network_border_group":"\(region)"}],"ipv6_prefixes":[]}
                """
            try json.write(toFile: feed, atomically: true, encoding: .utf8)
        }
        try write(region: "eu-west-1")
        try self.write("feeds:\n  - kind: aws\n    file: \(feed)\n")
        let reloader = try reloader(ManualClock(seconds: 1000))
        let address = try #require(IPAddress("3.5.1.1"))
        func network() -> String {
            reloader.rules.rulebook.current
                .verdict(remote: address, viaLoopback: false, local: Place(region: nil, zone: nil))
                .network
        }
        #expect(network() == "aws-s3/eu-west-1")
        try write(region: "eu-central-1")
        reloader.reloadIfChanged()
        #expect(network() == "aws-s3/eu-central-1")
        reloader.reloadIfChanged()
        #expect(reloader.rules.status.successes == 1)
    }

    @Test func settingsOfTheStartAreTold() {
        var settings = ClassifierSettings()
        settings.maxBody += 1
        settings.openCostMetrics = true
        settings.plan.maxNames = 3
        #expect(settings.keysThatNeedARestart(after: ClassifierSettings()) == ["max-body", "opencost-metrics"])
    }

    @Test func theProgramReloadsOnASignalAndOnAChange() async throws {
        defer { directory.remove() }
        try write("destinations:\n  in-zone: [10.1.0.0/16]\n")
        let arguments = ["--database", directory.file("ledger.db"), "--config", path]
        let classifier = try await ClassifierProcess(arguments: arguments, in: directory)
        func get(_ path: String) async throws -> String {
            try await classifier.withClient { client in
                String(buffer: try await client.get(path).body ?? ByteBuffer())
            }
        }
        #expect(try await get("/api/v1/explain?remote=10.1.0.1").contains(#""scope":"same_zone""#))
        try write("destinations:\n  in-region: [10.1.0.0/16]\n")
        try await waitUntil("the change is seen") {
            try await get("/api/v1/explain?remote=10.1.0.1").contains(#""scope":"same_region""#)
        }
        try write("destinations: 7\n")
        try await waitUntil("the error is told") {
            try await get("/api/v1/status").contains("\"error\":\"\(path):1")
        }
        let before = MetricsSnapshot(try await get("/metrics"))
        #expect(before["netledger_classifier_config_last_reload_successful"] == 0)
        let failures = before[#"netledger_classifier_config_reloads_total{result="failure"}"#] ?? 0
        classifier.process.signal(SIGHUP)
        try await waitUntil("the signal is taken") {
            let metrics = MetricsSnapshot(try await get("/metrics"))
            return metrics[#"netledger_classifier_config_reloads_total{result="failure"}"#] ?? 0 > failures
        }
        #expect(try await get("/api/v1/explain?remote=10.1.0.1").contains(#""scope":"same_region""#))
        #expect(classifier.process.output.contains("the one before still holds"))
        classifier.process.signal(SIGTERM)
        #expect(try await classifier.process.waitForExit() == .code(0))
    }

    @Test func theCheckTellsOverlapsAndErrors() async throws {
        defer { directory.remove() }
        try write(
            """
            destinations:
              internet: [10.1.0.0/16]
              in-zone: [10.1.2.0/24, 10.0.0.0/8]
            networks:
              - {name: office, cidrs: [192.0.2.0/24]}
              - {name: annex, cidrs: [192.0.2.0/24, 192.0.2.128/25]}

            """
        )
        let fine = try ClassifierProcess.launch(["--config", path, "--check"], in: directory)
        #expect(try await fine.waitForExit() == .code(0))
        let lines = fine.output.split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "shadowed: destinations.in-zone[0] (10.1.2.0/24) never decides: destinations.internet[0] (10.1.0.0/16) "
                    + "comes before it",
                "shadowed: networks[1].cidrs[0] (192.0.2.0/24) never decides: networks[0].cidrs[0] (192.0.2.0/24) "
                    + "comes before it",
                "overlap: destinations.internet[0] (10.1.0.0/16) decides about a part of destinations.in-zone[1] "
                    + "(10.0.0.0/8)",
                "The configuration can be used: 3 blocks in destinations, 2 networks, 0 nat rules, 0 feeds; "
                    + "2 entries shadowed, 1 overlaps.",
            ]
        )
        try write("destinations:\n  in-zon: []\n")
        let wrong = try ClassifierProcess.launch(["--check", "--config", path], in: directory)
        #expect(try await wrong.waitForExit() == .code(1))
        #expect(wrong.output.contains("\(path):2"))
    }
}
