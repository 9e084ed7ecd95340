// SPDX-License-Identifier: Apache-2.0
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import TestSupport

@testable import Classifier

/// A classifier as production assembles it, on a ledger of its own.
final class TestClassifier: Sendable {
    /// 2026-03-04T10:00:00Z, when every test's clock starts unless it says otherwise.
    static let start: Int64 = 1_772_618_400

    let settings: ClassifierSettings
    let clock: ManualClock
    /// Files of the test.
    let directory: TemporaryDirectory
    private let reviewer: (any TokenReviewer)?

    /// A classifier that commits at once.
    ///
    /// - Parameters:
    ///   - access: Text of an access file; none if `nil`.
    ///   - reviewer: Says whose a Kubernetes token is.
    init(
        now: Int64 = TestClassifier.start,
        access: String? = nil,
        reviewer: (any TokenReviewer)? = nil,
        _ change: (inout ClassifierSettings) -> Void = { _ in }
    ) throws {
        self.reviewer = reviewer
        directory = try TemporaryDirectory()
        clock = ManualClock(seconds: now)
        var settings = ClassifierSettings()
        settings.database = directory.file("ledger.db")
        settings.commitInterval = .milliseconds(1)
        if let access {
            settings.exposure.access = directory.file("access.yaml")
            try access.write(toFile: directory.file("access.yaml"), atomically: true, encoding: .utf8)
        }
        change(&settings)
        self.settings = settings
    }

    deinit {
        directory.remove()
    }

    /// The application, its ledger open.
    func application() throws -> Application<RouteTable> {
        try buildApplication(settings: settings, reviewer: reviewer, clock: clock.wall, logger: Self.silent)
    }

    /// Runs the classifier for as long as `body` takes; running it again is a restart on the same ledger.
    @discardableResult
    func run<Value>(
        _ setup: TestingSetup = .router,
        _ body: @Sendable (any TestClientProtocol) async throws -> Value
    ) async throws -> Value {
        try await application().test(setup, body)
    }

    /// A logger that only lets `critical` through.
    static var silent: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }
}
