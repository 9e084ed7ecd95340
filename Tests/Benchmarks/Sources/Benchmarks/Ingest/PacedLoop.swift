// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Instruments
import Synchronization
import Wire

/// Agents that post one batch in every interval, evenly spread over it, and again what was refused until it is booked.
///
/// Each has a thread and a connection. Latencies count from when a batch was due, so that a classifier which falls behind
/// cannot hide it.
final class PacedLoop: Sendable {
    /// How agents behave.
    struct Pace: Sendable {
        /// Seconds from one batch of an agent to its next.
        var interval: Double
        /// Batches of each agent.
        var rounds: Int
        /// The longest that an agent waits after a refusal, in seconds, whatever it is asked.
        var patience = Double.infinity
    }

    /// What became of the batches of a run.
    struct Outcome: Sendable {
        /// From when a batch was due to its answer, in milliseconds, refusals and waiting included.
        var milliseconds: [Double] = []
        /// From the first byte of a request to its answer, for those that were booked.
        var answered: [Double] = []
        /// Requests, those that were refused included.
        var requests = 0
        /// Requests that were refused, by status.
        var refusals: [Int: Int] = [:]
        /// True once a refusal did not say when to try again.
        var isWithoutRetryAfter = false

        fileprivate mutating func add(_ other: Outcome) {
            milliseconds += other.milliseconds
            answered += other.answered
            requests += other.requests
            refusals.merge(other.refusals) { $0 + $1 }
            isWithoutRetryAfter = isWithoutRetryAfter || other.isWithoutRetryAfter
        }
    }

    private struct Progress {
        var outcome = Outcome()
        var failure: BenchmarkError?
    }

    private let classifier: ClassifierProcess
    /// By agent; made when it has something to send, for who connects and is silent is cut off.
    private let connections = Mutex<[Int: HTTPConnection]>([:])

    /// Agents of the classifier.
    init(to classifier: ClassifierProcess) {
        self.classifier = classifier
    }

    deinit {
        for connection in connections.withLock({ $0.values }) { connection.close() }
    }

    /// Posts the next batches of `nodes`, one agent each, and waits until all are booked.
    ///
    /// - Throws: ``BenchmarkError`` if a batch was neither booked nor refused for now.
    func post(_ nodes: inout [SteadyNode], _ pace: Pace) throws -> Outcome {
        let progress = Mutex(Progress())
        let results = Mutex<[Int: SteadyNode]>([:])
        let group = DispatchGroup()
        let begin = ContinuousClock.now + .milliseconds(100)
        let count = nodes.count
        for (number, node) in nodes.enumerated() {
            group.enter()
            let thread = Thread { [self] in
                var node = node
                let phase = pace.interval * Double(number) / Double(count)
                let result = Result { () throws(BenchmarkError) in
                    Self.sleep((begin + .seconds(phase) - .now) / .seconds(1))
                    return try Self.post(&node, over: try connection(number), pace, from: begin + .seconds(phase))
                }
                progress.withLock { progress in
                    switch result {
                    case .success(let outcome): progress.outcome.add(outcome)
                    case .failure(let error): progress.failure = error
                    }
                }
                results.withLock { $0[number] = node }
                group.leave()
            }
            // There are thousands of them.
            thread.stackSize = 256 << 10
            thread.start()
        }
        group.wait()
        for (number, node) in results.withLock({ $0 }) { nodes[number] = node }
        return try progress.withLock { progress throws(BenchmarkError) in
            if let failure = progress.failure { throw failure }
            return progress.outcome
        }
    }

    private func connection(_ number: Int) throws(BenchmarkError) -> HTTPConnection {
        if let known = connections.withLock({ $0[number] }) { return known }
        let new = try HTTPConnection(port: classifier.port)
        connections.withLock { $0[number] = new }
        return new
    }

    private static func post(
        _ node: inout SteadyNode,
        over connection: HTTPConnection,
        _ pace: Pace,
        from begin: ContinuousClock.Instant
    ) throws(BenchmarkError) -> Outcome {
        var outcome = Outcome()
        for round in 0..<pace.rounds {
            let due = begin + .seconds(pace.interval * Double(round))
            sleep((due - .now) / .seconds(1))
            let request = node.next()
            var isBooked = false
            while !isBooked {
                let sent = ContinuousClock.now
                let response = try connection.send(request)
                outcome.requests += 1
                switch response.status {
                case 200:
                    guard isApplied(response.body) else { throw BenchmarkError("a batch was not booked, but answered") }
                    let now = ContinuousClock.now
                    outcome.answered.append((now - sent) / .milliseconds(1))
                    outcome.milliseconds.append((now - due) / .milliseconds(1))
                    isBooked = true
                case 429, 503:
                    outcome.refusals[response.status, default: 0] += 1
                    if response.retryAfter == nil { outcome.isWithoutRetryAfter = true }
                    // Agents that were refused together do not come back together.
                    sleep(min(pace.patience, response.retryAfter ?? 1) * Double.random(in: 0.5...1))
                default:
                    _ = try response.accepted()
                }
            }
        }
        return outcome
    }

    private static func isApplied(_ body: [UInt8]) -> Bool {
        // What cannot be read is no proof of a booking.
        (try? Acknowledgement(encoded: body))?.outcome == .applied
    }

    private static func sleep(_ seconds: Double) {
        if seconds > 0 { Thread.sleep(forTimeInterval: seconds) }
    }
}
