// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A condition did not come true in time.
public struct DeadlineError: Error, CustomStringConvertible {
    /// What was waited for, how long, and what could be seen of it at the end.
    public let description: String

    /// The failure that `description` tells.
    public init(_ description: String) {
        self.description = description
    }
}

/// By how much limits are longer than on an idle machine: 1, or what `NETLEDGER_TEST_PATIENCE` says.
private let patience = ProcessInfo.processInfo.environment["NETLEDGER_TEST_PATIENCE"].flatMap { Int($0) } ?? 1

/// Waits until `condition` is true, asking every few milliseconds.
///
/// - Parameters:
///   - what: The condition in words, for the error.
///   - limit: How long to wait; generous, because it only costs time when a test fails. An emulated machine needs longer:
///     the variable `NETLEDGER_TEST_PATIENCE` multiplies it.
///   - pause: The time from one answer to the next question.
///   - condition: Asked at least once; what it throws ends the waiting.
/// - Throws: ``DeadlineError`` when the limit has passed, and what `condition` throws.
public func waitUntil(
    _ what: String,
    within limit: Duration = .seconds(30),
    every pause: Duration = .milliseconds(5),
    _ condition: () async throws -> Bool
) async throws {
    let limit = limit * patience
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw DeadlineError("not within \(limit): \(what)") }
        try await Task.sleep(for: pause)
    }
}
