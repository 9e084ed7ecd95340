// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import Synchronization

/// Follows one collection of the cluster: lists it, watches it, and does both again whenever that is needed.
///
/// Made by ``ClusterClient/follower(of:)``. It keeps no objects; see ``Change`` for what it tells.
public final class Follower<Object: ClusterObject>: Sendable {
    /// Takes what happened, a page of a listing at most at a time.
    public typealias Handler = @Sendable (_ changes: [Change<Object>]) async -> Void

    private struct State {
        var machine: FollowMachine
        /// The machine's status when what it tells had been told.
        var published: FollowStatus
        /// The credentials that the server refused last.
        var refused = 0
    }

    private let client: ClusterClient
    private let state: Mutex<State>
    private let started = ContinuousClock.now

    init(client: ClusterClient) {
        let machine = FollowMachine(resource: Object.resource.name, limits: client.limits)
        self.client = client
        state = Mutex(State(machine: machine, published: machine.status))
    }

    /// How the follower stands now; what it says was told was told, and the handler has returned.
    public var status: FollowStatus { state.withLock(\.published) }

    /// Follows the collection until the task is cancelled.
    ///
    /// Failures do not end it; ``status`` tells them. The server is read further when `handler` has returned. Not to be
    /// run twice at a time.
    public func run(_ handler: @escaping Handler) async {
        while !Task.isCancelled {
            let step = machine { $0.next(chance: .random(in: 0...1)) }
            publish()
            do {
                switch step {
                case .wait(let time):
                    try await Task.sleep(for: time)
                case .renewCredentials:
                    client.renewCredentials(after: state.withLock(\.refused))
                case .list(let continuation, let limit):
                    try await list(continuation: continuation, limit: limit, handler)
                case .watch(let version, let time):
                    try await watch(version: version, time: time, handler)
                }
            } catch {
                // What a cancelled request throws is nobody's failure.
                if Task.isCancelled { break }
                let failure =
                    error as? RequestFailure
                    ?? RequestFailure(connection: error, responseTime: client.limits.responseTime)
                machine { $0.failed(failure, at: now, chance: .random(in: 0...1)) }
            }
            publish()
        }
    }

    private func machine<Value: Sendable>(_ body: (inout FollowMachine) -> Value) -> Value {
        state.withLock { body(&$0.machine) }
    }

    private func publish() {
        state.withLock { $0.published = $0.machine.status }
    }

    private var now: FollowMachine.Moment {
        FollowMachine.Moment(
            steady: ContinuousClock.now - started,
            calendar: Int64(Date().timeIntervalSince1970)
        )
    }

    private func noteRefusal(_ generation: Int) {
        state.withLock { $0.refused = generation }
    }

    // MARK: - Listing

    private func list(continuation: String?, limit: Int, _ handler: @escaping Handler) async throws {
        let target = Object.resource.listTarget(limit: limit, continuation: continuation)
        let bytes = client.limits.pageBytes
        let page = try await SilenceTimer.run(limit: client.limits.responseTime) { [self] timer in
            let body = try await client.send(target, accept: Object.resource.listAccept, refused: noteRefusal)
            var page = ByteBuffer()
            for try await chunk in body {
                timer.heard(limit: client.limits.responseTime)
                guard page.readableBytes + chunk.readableBytes <= bytes else {
                    throw RequestFailure.pageTooLarge(bytes)
                }
                page.writeImmutableBuffer(chunk)
            }
            return page
        }
        let decoded: ListPage<Object>
        do {
            decoded = try JSONDecoder().decode(ListPage<Object>.self, from: page)
        } catch {
            throw RequestFailure.unreadable(error.decodingReason)
        }
        let (begins, ends) = machine { machine in
            machine.counted(changes: decoded.objects.count, rejected: decoded.rejected, reason: decoded.rejection)
            return machine.page(version: decoded.version, continuation: decoded.continuation, at: now)
        }
        var changes: [Change<Object>] = []
        changes.reserveCapacity(decoded.objects.count + 2)
        if begins { changes.append(.listing) }
        for object in decoded.objects { changes.append(.put(object)) }
        if ends { changes.append(.listed) }
        await handler(changes)
    }

    // MARK: - Watching

    private func watch(version: String?, time: Duration, _ handler: @escaping Handler) async throws {
        let target = Object.resource.watchTarget(version: version, time: time)
        try await SilenceTimer.run(limit: machine { $0.silenceLimit }) { [self] timer in
            let body = try await client.send(target, accept: Object.resource.watchAccept, refused: noteRefusal)
            var lines = LineBuffer(limit: client.limits.eventBytes)
            if machine({ $0.watchOpened(at: now) }) { await handler([.listing]) }
            publish()
            for try await chunk in body {
                timer.pause()
                lines.append(chunk)
                var reading = Reading.full
                while reading == .full {
                    let changes: [Change<Object>]
                    (changes, reading) = take(from: &lines)
                    if !changes.isEmpty { await handler(changes) }
                    publish()
                }
                switch reading {
                case .stopped: return
                case .failed(let failure): throw failure
                case .drained, .full: break
                }
                timer.heard(limit: machine { $0.silenceLimit })
            }
            guard !lines.hasPartialLine else {
                throw RequestFailure.connection("the response ended in the middle of an event")
            }
            machine { $0.watchEnded(at: now, chance: .random(in: 0...1)) }
        }
    }

    /// Why no more events are taken for now.
    private enum Reading: Hashable {
        /// There is no complete event left.
        case drained
        /// As many changes as a page has were taken.
        case full
        /// The watch is of no more use, which the machine knows.
        case stopped
        /// The watch is of no more use, which the machine must be told.
        case failed(RequestFailure)
    }

    /// The changes that the next events bring.
    private func take(from lines: inout LineBuffer) -> ([Change<Object>], Reading) {
        let decoder = JSONDecoder()
        var changes: [Change<Object>] = []
        do {
            while let line = try lines.next() {
                let event = try decoder.decode(WatchEvent<Object>.self, from: line)
                let verdict = machine { machine in
                    machine.counted(
                        changes: event.change == nil ? 0 : 1,
                        rejected: event.rejection == nil ? 0 : 1,
                        reason: event.rejection
                    )
                    return machine.event(event.signal, version: event.version, at: now, chance: .random(in: 0...1))
                }
                if let change = event.change { changes.append(change) }
                switch verdict {
                case .proceed: break
                case .listed: changes.append(.listed)
                case .stop: return (changes, .stopped)
                }
                if changes.count >= client.limits.pageSize { return (changes, .full) }
            }
            return (changes, .drained)
        } catch let error as LineBuffer.TooLong {
            return (changes, .failed(.unreadable("an event of more than \(error.limit) bytes")))
        } catch {
            return (changes, .failed(.unreadable(error.decodingReason)))
        }
    }
}
