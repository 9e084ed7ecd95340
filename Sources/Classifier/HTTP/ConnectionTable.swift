// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization

/// Keeps the number of connections within a limit: one too many, and the longest idle one is closed.
///
/// So nobody keeps others out by opening connections and doing nothing with them. Those whose requests were never
/// answered with success go first: an agent keeps its connection while a stranger's goes.
final class ConnectionTable: Sendable {
    fileprivate struct Entry: Sendable {
        var channel: any Channel
        /// True once a request was answered with success.
        var isWelcome = false
        /// When it became idle, as a number that only grows; `nil` while a request runs.
        var idle: UInt64?
    }

    /// Idle connections, the longest idle first, and ones that no longer are among them.
    fileprivate struct Queue: Sendable {
        private var items: [(connection: Connection, idle: UInt64)] = []
        private var head = 0

        mutating func append(_ connection: Connection, idle: UInt64) {
            items.append((connection, idle))
        }

        mutating func removeFirst() -> (connection: Connection, idle: UInt64)? {
            guard head < items.count else { return nil }
            defer {
                head += 1
                if head > items.count / 2 {
                    items.removeSubrange(..<head)
                    head = 0
                }
            }
            return items[head]
        }

        /// Forgets what is no longer idle in `entries`, if that is most of it.
        mutating func tidy(_ entries: [Connection: Entry]) {
            guard items.count - head > 2 * entries.count + 1_024 else { return }
            items = items[head...].filter { entries[$0.connection]?.idle == $0.idle }
            head = 0
        }
    }

    fileprivate struct State: Sendable {
        var entries: [Connection: Entry] = [:]
        var strangers = Queue()
        var welcome = Queue()
        var clock: UInt64 = 0
        var evicted: UInt64 = 0
    }

    /// The most connections.
    let limit: Int
    private let state = Mutex(State())

    /// A table for at most `limit` connections, at least 1.
    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// Connections that are open.
    var count: Int {
        state.withLock { $0.entries.count }
    }

    /// Connections that were closed for others, since the start.
    var evicted: UInt64 {
        state.withLock { $0.evicted }
    }

    /// A connection has opened.
    func opened(_ connection: Connection, channel: any Channel) {
        let victim = state.withLock { state -> (any Channel)? in
            var victim: (any Channel)?
            if state.entries.count >= limit {
                // Where all are busy, it is the newcomer that goes.
                victim = state.removeLongestIdle() ?? channel
                state.evicted += 1
            }
            state.entries[connection] = Entry(channel: channel)
            state.makeIdle(connection)
            return victim
        }
        victim?.close(promise: nil)
    }

    /// A connection has closed.
    func closed(_ connection: Connection) {
        state.withLock { $0.entries[connection] = nil }
    }

    /// A request has begun.
    func isBusy(_ connection: Connection) {
        state.withLock { $0.entries[connection]?.idle = nil }
    }

    /// A request was answered with success.
    func isWelcome(_ connection: Connection) {
        state.withLock { $0.entries[connection]?.isWelcome = true }
    }

    /// The last request is answered.
    func isIdle(_ connection: Connection) {
        state.withLock { $0.makeIdle(connection) }
    }
}

extension ConnectionTable.State {
    fileprivate mutating func makeIdle(_ connection: Connection) {
        guard entries[connection] != nil else { return }
        clock += 1
        entries[connection]?.idle = clock
        if entries[connection]?.isWelcome == true {
            welcome.append(connection, idle: clock)
            welcome.tidy(entries)
        } else {
            strangers.append(connection, idle: clock)
            strangers.tidy(entries)
        }
    }

    fileprivate mutating func removeLongestIdle() -> (any Channel)? {
        while let item = strangers.removeFirst() {
            if let channel = remove(item.connection, idle: item.idle) { return channel }
        }
        while let item = welcome.removeFirst() {
            if let channel = remove(item.connection, idle: item.idle) { return channel }
        }
        return nil
    }

    private mutating func remove(_ connection: Connection, idle: UInt64) -> (any Channel)? {
        guard entries[connection]?.idle == idle else { return nil }
        return entries.removeValue(forKey: connection)?.channel
    }
}
