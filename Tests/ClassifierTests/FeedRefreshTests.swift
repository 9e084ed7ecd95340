// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Classification
import Feeds
import Foundation
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing
import Traffic

@testable import Classifier

/// 2026-03-04T10:00:00Z in nanoseconds.
private let start = TestClassifier.start * 1_000_000_000

/// `ip-ranges.json` of AWS in which one block is S3 in `region`, published `seconds` after the test's start.
private func document(_ region: String, published seconds: Int64) -> [UInt8] {
    Array(
        """
        {"syncToken":"\(TestClassifier.start + seconds)","createDate":"x","prefixes":[{"ip_prefix":"3.5.0.0/16",
        "region":"\(region)","service":"S3","network_border_group":"\(region)"}],"ipv6_prefixes":[]}
        """
        .utf8
    )
}

@Suite struct FeedRefreshTests {
    private let directory: TemporaryDirectory
    private let clock = ManualClock(seconds: TestClassifier.start)
    private let server: PublisherServer
    private let settings: ClassifierSettings
    private let feed: FeedFile

    init() throws {
        directory = try TemporaryDirectory()
        server = try PublisherServer(.publish(document("eu-west-1", published: 0), entityTag: "\"a\""))
        feed = FeedFile(
            kind: .aws,
            path: directory.file("feeds/aws"),
            remote: FeedRemote(url: server.url, interval: .seconds(3_600), keep: 3)
        )
        var settings = ClassifierSettings()
        settings.feeds = [feed]
        self.settings = settings
    }

    /// A classifier's rules and what keeps their feeds fresh, as after a start.
    private func refresher() throws -> FeedRefresher {
        let rules = try LiveRules(settings, clock: clock.wall, logger: TestClassifier.silent)
        return FeedRefresher(rules: rules, clock: clock.wall, logger: TestClassifier.silent)
    }

    private func editions() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: feed.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted()
    }

    /// The network of an address of the feed at a time, in seconds after the test's start, by what is on disk.
    private func network(at seconds: Int64) throws -> String {
        try Rulebook(settings).rules(at: start + seconds * 1_000_000_000)
            .verdict(
                remote: try #require(IPAddress("3.5.1.1")),
                viaLoopback: false,
                local: Place(region: nil, zone: nil)
            )
            .network
    }

    private func withDownload(
        _ change: (inout FeedDownload) -> Void = { _ in },
        _ body: (FeedDownload) async throws -> Void
    ) async throws {
        defer { directory.remove() }
        var download = FeedDownload()
        change(&download)
        do {
            try await body(download)
        } catch {
            try await download.shutdown()
            throw error
        }
        try await download.shutdown()
    }

    @Test func aDocumentIsKeptAndAskedAboutByItsTag() async throws {
        try await withDownload { download in
            let refresher = try refresher()
            #expect(try network(at: 0) == "")
            await refresher.refreshWhatIsDue(from: download)
            #expect(try network(at: 0) == "aws-s3/eu-west-1")
            await refresher.refreshWhatIsDue(from: download)
            #expect(server.requests.count == 1, "it is not asked again before its time")
            clock.advance(seconds: 3_600)
            await refresher.refreshWhatIsDue(from: download)
            #expect(server.requests.count == 2)
            #expect(server.requests.last?.contains("if-none-match: \"a\"\r\n") == true)
            let status = try #require(refresher.rules.feeds[feed])
            #expect([status.changed, status.unchanged, status.failed] == [1, 1, 0])
            #expect(status.answeredAt == TestClassifier.start + 3_600)
            #expect(editions().count == 1)
        }
    }

    /// What was classified by the old list stays so, and a restart without network knows both.
    @Test func aNewListBeginsANewInterval() async throws {
        try await withDownload { download in
            let refresher = try refresher()
            await refresher.refreshWhatIsDue(from: download)
            clock.advance(seconds: 3_600)
            server.behave(.publish(document("eu-central-1", published: 3_000), entityTag: "\"b\""))
            await refresher.refreshWhatIsDue(from: download)
            #expect(refresher.rules.feeds[feed]?.changed == 2)
            server.behave(.fail(503))
            _ = try self.refresher()
            #expect(try network(at: 2_999) == "aws-s3/eu-west-1")
            #expect(try network(at: 3_000) == "aws-s3/eu-central-1")
        }
    }

    @Test func aRestartDoesNotAskBeforeTheTime() async throws {
        try await withDownload { download in
            await (try refresher()).refreshWhatIsDue(from: download)
            clock.advance(seconds: 1_800)
            await (try refresher()).refreshWhatIsDue(from: download)
            #expect(server.requests.count == 1)
            clock.advance(seconds: 1_800)
            let refresher = try refresher()
            await refresher.refreshWhatIsDue(from: download)
            #expect(server.requests.last?.contains("if-none-match: \"a\"\r\n") == true)
            #expect(refresher.rules.feeds[feed]?.unchanged == 1)
        }
    }

    @Test(arguments: [
        (PublisherServer.Behaviour.fail(500), "answered with status 500"),
        // Without having been asked with conditions.
        (.fail(304), "answered with status 304"),
        (.cut(document("us-east-1", published: 1)), "cannot be loaded"),
        (.endless, "is larger than 1000 bytes"),
        (.stall, "was not answered whole"),
        (.forget(Array("{}".utf8)), "syncToken: the key is missing"),
        (.forget([]), "not valid JSON"),
    ])
    func whatCannotBeUsedChangesNothing(_ behaviour: PublisherServer.Behaviour, _ reason: String) async throws {
        func limits(_ download: inout FeedDownload) {
            download.maxBytes = 1_000
            download.timeout = .seconds(1)
        }
        try await withDownload(limits) { download in
            let refresher = try refresher()
            server.behave(behaviour)
            await refresher.refreshWhatIsDue(from: download)
            var status = try #require(refresher.rules.feeds[feed])
            #expect(status.error?.contains(reason) == true, "\(status.error ?? "no error")")
            #expect(status.failed == 1 && status.answeredAt == nil)
            #expect(editions().isEmpty)
            // It recovers by itself, and what it has then it keeps.
            server.behave(.publish(document("eu-west-1", published: 0), entityTag: "\"a\""))
            clock.advance(seconds: 60)
            await refresher.refreshWhatIsDue(from: download)
            status = try #require(refresher.rules.feeds[feed])
            #expect(status.error == nil && status.changed == 1)
            if case .fail(304) = behaviour { return }
            server.behave(behaviour)
            clock.advance(seconds: 3_600)
            await refresher.refreshWhatIsDue(from: download)
            #expect(refresher.rules.feeds[feed]?.failed == 2)
            #expect(try network(at: 0) == "aws-s3/eu-west-1")
            #expect(editions().count == 1)
        }
    }

    @Test func retriesComeLaterEachTime() async throws {
        var status = FeedStatuses.Status(due: 0)
        var delays: [Int64] = []
        for _ in 0..<8 {
            status.fail("no", now: 1_000, interval: 3_600, jitter: 0)
            delays.append(status.due - 1_000)
        }
        #expect(delays == [60, 120, 240, 480, 960, 1_920, 3_600, 3_600])
        status.fail("no", now: 1_000, interval: 3_600, jitter: 1)
        #expect(status.due == 1_000 + 1_800)
        status.succeed(isNew: false, now: 1_000, interval: 3_600, jitter: 1)
        #expect(status.due == 1_000 + 3_240)
        status.fail("no", now: 1_000, interval: 3_600, jitter: 0)
        #expect(status.due == 1_060)
        directory.remove()
    }

    /// A publisher that ignores conditions sends the same list every time.
    @Test func theSameListIsKeptOnceAndTheOldestGoes() async throws {
        try await withDownload { download in
            let refresher = try refresher()
            for round in 0..<5 {
                server.behave(.forget(document("region-\(round)", published: Int64(round))))
                await refresher.refreshWhatIsDue(from: download)
                clock.advance(seconds: 3_600)
                await refresher.refreshWhatIsDue(from: download)
                clock.advance(seconds: 3_600)
            }
            let status = try #require(refresher.rules.feeds[feed])
            #expect([status.changed, status.unchanged, status.failed] == [5, 5, 0])
            #expect(editions().count == 3)
            #expect(try network(at: 0) == "aws-s3/region-2")
            #expect(try network(at: 4) == "aws-s3/region-4")
        }
    }

    /// Service tags have no date of their own; it is that of their URL, else that of the answer.
    @Test func editionsWithoutADateHoldFromTheirDay() throws {
        defer { directory.remove() }
        let tags = Array(
            """
            {"changeNumber":1,"cloud":"Public","values":[{"name":"Storage.WestUS2","id":"Storage.WestUS2","properties":
            {"changeNumber":1,"region":"westus2","regionId":1,"platform":"Azure","systemService":"AzureStorage",
            "addressPrefixes":["13.66.176.16/28"],"networkFeatures":["API"]}}]}
            """
            .utf8
        )
        let folder = FeedFolder(kind: .azure, path: directory.file("azure"))
        let time = TestClassifier.start
        let dated = FeedFolder.Answer(url: "https://x/ServiceTags_Public_20260105.json", time: time)
        #expect(try folder.add(tags, from: dated, keep: 9))
        #expect(try folder.add(tags + [0x0a], from: FeedFolder.Answer(url: "https://x/tags", time: time + 1), keep: 9))
        let editions = try FeedFile(kind: .azure, path: folder.path).read().map(\.validFrom)
        #expect(editions == [FeedFile.day("2026-01-05"), FeedFile.day("2026-03-04")])
    }

    @Test func theCheckTellsWhatWasNotLoadedYet() async throws {
        try await withDownload { download in
            let warning = "warning: \(feed.path) has no edition from \(server.url) yet"
            #expect(try ConfigurationCheck(settings).lines.contains { $0.hasPrefix(warning) })
            await (try refresher()).refreshWhatIsDue(from: download)
            #expect(try !ConfigurationCheck(settings).lines.contains { $0.hasPrefix(warning) })
        }
    }

    /// The whole program: the list comes over HTTP, takes effect, is told, and is there after a start without it.
    @Test func theProgramLoadsAndKeepsAFeed() async throws {
        defer { directory.remove() }
        let yaml = "feeds:\n  - {kind: aws, url: \"\(server.url)\", file: \(feed.path), refresh: 1h, keep: 3}\n"
        let path = directory.file("classifier.yaml")
        try yaml.write(toFile: path, atomically: true, encoding: .utf8)
        let arguments = ["--database", directory.file("ledger.db"), "--config", path]
        func get(_ classifier: ClassifierProcess, _ path: String) async throws -> String {
            try await classifier.withClient { client in
                String(buffer: try await client.get(path).body ?? ByteBuffer())
            }
        }
        let first = try await ClassifierProcess(arguments: arguments, in: directory)
        try await waitUntil("the list takes effect") {
            try await get(first, "/api/v1/explain?remote=3.5.1.1").contains(#""network":"aws-s3/eu-west-1""#)
        }
        #expect(try await get(first, "/api/v1/status").contains(#""feeds":[{"feed":"aws","url":"\#(server.url)""#))
        let metrics = MetricsSnapshot(try await get(first, "/metrics"))
        #expect(metrics[#"netledger_feed_refreshes_total{feed="aws",url="\#(server.url)",result="changed"}"#] == 1)
        first.process.signal(SIGTERM)
        #expect(try await first.process.waitForExit() == .code(0))

        server.behave(.fail(500))
        // Other arguments, so that its output goes to another file.
        let second = try await ClassifierProcess(arguments: arguments + ["--log-level", "debug"], in: directory)
        #expect(
            try await get(second, "/api/v1/explain?remote=3.5.1.1").contains(#""network":"aws-s3/eu-west-1""#)
        )
        second.process.signal(SIGTERM)
        #expect(try await second.process.waitForExit() == .code(0))
    }
}
