// SPDX-License-Identifier: Apache-2.0
import Ledger
import Logging
import Queries
import ServiceLifecycle
import Synchronization

/// Looks for step changes in the stored hours, by namespace and scope, after each hour.
final class StepWatch: Service {
    /// What is watched.
    static let dimensions: [Dimension] = [.cluster, .namespace, .scope]
    /// The most steps that are told: an alert needs the largest, and a page of metrics stays small.
    static let most = 100
    /// How long after the hour, in seconds: late batches have come by then.
    private static let delay: Int64 = 120

    private struct State {
        /// End of the hours that were looked at last.
        var end: Int64 = 0
        var steps: [StepDetector.Step] = []
    }

    private let ledger: Ledger
    private let clock: WallClock
    private let logger: Logger
    private let detector = StepDetector()
    private let state = Mutex(State())

    /// A watch over `ledger` that has looked at nothing.
    init(ledger: Ledger, clock: WallClock, logger: Logger) {
        self.ledger = ledger
        self.clock = clock
        self.logger = logger
    }

    /// The steps at the end of the last hour that was looked at, the largest first.
    var steps: [StepDetector.Step] {
        state.withLock { $0.steps }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                do {
                    try await self.look()
                } catch is CancellationError {
                    return
                } catch {
                    self.logger.warning("cannot look for step changes", metadata: ["error": "\(error)"])
                }
                // Ends when it is cancelled.
            } while (try? await Task.sleep(for: .seconds(60))) != nil
        }
    }

    /// Looks at the hours that are over, unless it has already.
    func look() async throws {
        let query = StepDetector.query(now: clock.seconds - Self.delay, groupBy: Self.dimensions)
        guard state.withLock({ $0.end }) < query.end else { return }
        let steps = detector.steps(query, try await ledger.facts(for: query))
        let known = state.withLock { state in
            defer {
                state.end = query.end
                state.steps = Array(steps.prefix(Self.most))
            }
            return Set(state.steps.map(\.group))
        }
        for step in steps.prefix(Self.most) where !known.contains(step.group) {
            logger.notice(
                "a rate has changed",
                metadata: [
                    "cluster": "\(step.group[0])", "namespace": "\(step.group[1])", "scope": "\(step.group[2])",
                    "bytes_per_hour_before": "\(step.before)", "bytes_per_hour": "\(step.after)",
                ]
            )
        }
    }
}
