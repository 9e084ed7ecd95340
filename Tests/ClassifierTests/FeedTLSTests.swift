// SPDX-License-Identifier: Apache-2.0
import Classification
import Feeds
import Foundation
import TestSupport
import Testing
import Traffic

@testable import Classifier

/// Feeds over HTTPS: who is believed, what is said of who is not, and that the old edition stays.
@Suite(.timeLimit(.minutes(1))) struct FeedTLSTests {
    /// `ip-ranges.json` of AWS in which one block is S3 in `region`.
    private static func document(_ region: String, published: Int64) -> [UInt8] {
        Array(
            """
            {"syncToken":"\(published)","prefixes":[{"ip_prefix":"3.5.0.0/16","region":"\(region)","service":"S3"}]}
            """
            .utf8
        )
    }

    /// A certificate that is not to be believed.
    enum Certificate: String, CaseIterable, Sendable {
        case expired
        case ofAnotherName
        case ofAnotherAuthority
    }

    private static func pair(
        _ certificate: Certificate,
        _ authority: CertificateAuthority,
        in directory: TemporaryDirectory
    ) throws -> CertificateAuthority.Pair {
        switch certificate {
        case .expired: try authority.server(file: "expired", days: -1)
        case .ofAnotherName: try authority.issue("other", alternatives: ["IP:127.0.0.2"], for: .server)
        case .ofAnotherAuthority: try CertificateAuthority("stranger", in: directory).server(file: "strange")
        }
    }

    @Test(arguments: Certificate.allCases)
    func aCertificateThatIsNotBelievedChangesNothing(_ certificate: Certificate) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let authority = try CertificateAuthority(in: directory)
        let good = try authority.server()
        let bad = try Self.pair(certificate, authority, in: directory)
        let reason =
            switch certificate {
            case .expired, .ofAnotherAuthority:
                "the server's certificate has expired, or is of no authority in \(authority.certificate)"
            case .ofAnotherName: "the server's certificate is for another name than the URL's"
            }
        let clock = ManualClock(seconds: TestClassifier.start)
        let ports = AsyncStream<Int>.makeStream()
        try await TLSPublisher.serve(Self.document("eu-west-1", published: clock.wall.seconds), as: good) { port in
            let refresher = try Self.refresher(port: port, authority.certificate, directory, clock)
            try await Self.refresh(refresher)
            #expect(try Self.status(refresher).error == nil)
            #expect(try Self.network(refresher.rules.settings, at: clock.wall.seconds) == "aws-s3/eu-west-1")
            ports.continuation.yield(port)
        }
        var iterator = ports.stream.makeAsyncIterator()
        let port = try #require(await iterator.next())
        clock.advance(seconds: 3_600)
        let newer = Self.document("eu-central-1", published: clock.wall.seconds)
        try await TLSPublisher.serve(newer, as: bad, port: port) { port in
            let refresher = try Self.refresher(port: port, authority.certificate, directory, clock)
            try await Self.refresh(refresher)
            let status = try Self.status(refresher)
            #expect(status.failed == 1)
            #expect(status.error?.contains(reason) == true, "\(status.error ?? "no error")")
            #expect(try Self.network(refresher.rules.settings, at: clock.wall.seconds) == "aws-s3/eu-west-1")
        }
        // And it is loaded as soon as the certificate is a good one again.
        clock.advance(seconds: 3_600)
        try await TLSPublisher.serve(newer, as: good, port: port) { port in
            let refresher = try Self.refresher(port: port, authority.certificate, directory, clock)
            try await Self.refresh(refresher)
            #expect(try Self.network(refresher.rules.settings, at: clock.wall.seconds) == "aws-s3/eu-central-1")
        }
    }

    @Test func withoutAFileTheSystemsAuthoritiesAreAsked() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let pair = try CertificateAuthority(in: directory).server()
        let clock = ManualClock(seconds: TestClassifier.start)
        try await TLSPublisher.serve(Self.document("r", published: 1), as: pair) { port in
            let refresher = try Self.refresher(port: port, nil, directory, clock)
            try await Self.refresh(refresher)
            let error = try #require(try Self.status(refresher).error)
            #expect(error.contains("is of no authority the system knows; name another one with 'ca-file'"), "\(error)")
            let missing = try Self.refresher(port: port, directory.file("none.pem"), directory, clock)
            try await Self.refresh(missing)
            let problem = try #require(try Self.status(missing).error)
            #expect(problem.contains(directory.file("none.pem")), "\(problem)")
        }
    }

    private static func refresher(
        port: Int,
        _ authorities: String?,
        _ directory: TemporaryDirectory,
        _ clock: ManualClock
    ) throws -> FeedRefresher {
        var settings = ClassifierSettings()
        settings.feeds = [
            FeedFile(
                kind: .aws,
                path: directory.file("aws"),
                remote: FeedRemote(
                    url: "https://127.0.0.1:\(port)/ip-ranges.json",
                    interval: .seconds(3_600),
                    authorities: authorities
                )
            )
        ]
        let rules = try LiveRules(settings, clock: clock.wall, logger: TestClassifier.silent)
        return FeedRefresher(rules: rules, clock: clock.wall, logger: TestClassifier.silent)
    }

    private static func refresh(_ refresher: FeedRefresher) async throws {
        let download = FeedDownload()
        await refresher.refreshWhatIsDue(from: download)
        try await download.shutdown()
    }

    private static func status(_ refresher: FeedRefresher) throws -> FeedStatuses.Status {
        let feed = try #require(refresher.rules.settings.feeds.first)
        return try #require(refresher.rules.feeds[feed])
    }

    private static func network(_ settings: ClassifierSettings, at second: Int64) throws -> String {
        try Rulebook(settings).rules(at: second * 1_000_000_000)
            .verdict(
                remote: try #require(IPAddress("3.5.1.1")),
                viaLoopback: false,
                local: Place(region: nil, zone: nil)
            )
            .network
    }
}
