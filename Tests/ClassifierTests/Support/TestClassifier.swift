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
    private let directory: TemporaryDirectory

    /// A classifier that commits at once.
    init(now: Int64 = TestClassifier.start, _ change: (inout ClassifierSettings) -> Void = { _ in }) throws {
        directory = try TemporaryDirectory()
        clock = ManualClock(seconds: now)
        var settings = ClassifierSettings()
        settings.database = directory.file("ledger.db")
        settings.commitInterval = .milliseconds(1)
        change(&settings)
        self.settings = settings
    }

    deinit {
        directory.remove()
    }

    /// The application, its ledger open.
    func application() throws -> Application<RouteTable> {
        try buildApplication(settings: settings, clock: clock.wall, logger: Self.silent)
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
