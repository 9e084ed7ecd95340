// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Instruments
import Synchronization
import Traffic
import Wire

/// Agents that post as fast as they are answered: each over a connection of its own, one batch at a time.
///
/// Each has a thread, so that a latency is that of the server and not that of a queue in here.
final class ClosedLoop: Sendable {
    private let connections: [HTTPConnection]

    /// Connects `count` agents to the classifier.
    init(_ count: Int, to classifier: ClassifierProcess) throws {
        connections = try (0..<count).map { _ in try HTTPConnection(port: classifier.port) }
    }

    deinit {
        for connection in connections { connection.close() }
    }

    /// Posts the batches, one list for each agent, and waits until all are answered.
    ///
    /// - Returns: The time from the first byte of each batch to its answer, in milliseconds.
    /// - Throws: ``BenchmarkError`` if a batch was not booked.
    func post(_ batches: [[HTTPRequest]]) throws -> [Double] {
        let result = Mutex<Result<[Double], BenchmarkError>>(.success([]))
        let group = DispatchGroup()
        for (connection, requests) in zip(connections, batches) {
            group.enter()
            Thread.detachNewThread {
                let outcome = Self.post(requests, over: connection)
                result.withLock { $0 = Self.joined($0, outcome) }
                group.leave()
            }
        }
        group.wait()
        return try result.withLock { $0 }.get()
    }

    private static func post(
        _ requests: [HTTPRequest],
        over connection: HTTPConnection
    ) -> Result<[Double], BenchmarkError> {
        var milliseconds: [Double] = []
        do {
            for request in requests {
                let start = ContinuousClock.now
                let body = try connection.send(request).accepted()
                milliseconds.append((ContinuousClock.now - start) / .milliseconds(1))
                guard try Acknowledgement(encoded: body).outcome == .applied else {
                    throw BenchmarkError("a batch was taken for a duplicate")
                }
            }
        } catch let error as BenchmarkError {
            return .failure(error)
        } catch {
            return .failure(BenchmarkError("an acknowledgement cannot be read: \(error)"))
        }
        return .success(milliseconds)
    }

    private static func joined(
        _ left: Result<[Double], BenchmarkError>,
        _ right: Result<[Double], BenchmarkError>
    ) -> Result<[Double], BenchmarkError> {
        left.flatMap { first in right.map { first + $0 } }
    }
}
