// SPDX-License-Identifier: Apache-2.0

/// The bookings that wait for a commit: decides who is let in and when the next commit starts.
///
/// It does nothing itself; its callers do what it returns.
struct WaitingRoom<Ticket: Sendable>: Sendable {
    /// What the caller who brought bookings must do.
    enum Admission: Hashable {
        /// Wait: a commit is already due.
        case wait
        /// Start a commit when the commit interval has passed.
        case commitLater
        /// Start a commit at once.
        case commitNow
        /// Turn the bookings away: too many rows wait.
        case busy
        /// Turn the bookings away: too many rows of the same node wait.
        case greedy
        /// Turn the bookings away: the ledger is closed.
        case closed
    }

    /// Bookings of one source that came together, and who to tell.
    struct Guest: Sendable {
        var bookings: [Booking]
        var ticket: Ticket
    }

    private var guests: [Guest] = []
    /// Rows of ``guests``.
    private var waitingRows = 0
    /// Rows of the guests whose commit is running.
    private var committingRows = 0
    /// ``waitingRows`` and ``committingRows`` by node.
    private var waitingShares: [NodeName: Int] = [:]
    private var committingShares: [NodeName: Int] = [:]
    private var timerIsArmed = false
    private var commitIsDue = false
    /// True once ``close()`` was called.
    private(set) var isClosed = false
    private let commitRows: Int
    private let maximumRows: Int
    /// Rows that one node may have in the room: a quarter of all.
    private let share: Int

    /// An empty room.
    ///
    /// - Parameters:
    ///   - commitRows: Rows that make a commit due at once.
    ///   - maximumRows: Rows the room holds, those of the running commit included.
    init(commitRows: Int, maximumRows: Int) {
        self.commitRows = commitRows
        self.maximumRows = maximumRows
        share = maximumRows / 4
    }

    /// Rows that wait or are being committed.
    var rows: Int {
        waitingRows + committingRows
    }

    /// Lets `bookings`, of one source, in if there is room; `ticket` comes back with them from ``takeAll()``.
    ///
    /// While the room is less than half full everybody is let in. Then a node that has nothing in it may still bring as
    /// much as fits, and one that has may not go over its share: a node that sends without end leaves room for others.
    mutating func admit(_ bookings: [Booking], ticket: Ticket) -> Admission {
        if isClosed { return .closed }
        let size = bookings.reduce(0) { $0 + Self.rows(of: $1) }
        guard rows == 0 || size <= maximumRows - rows else { return .busy }
        if let node = bookings.first.map({ NodeName($0.source) }) {
            let present = waitingShares[node, default: 0] + committingShares[node, default: 0]
            guard present == 0 || present + size <= share || rows + size <= maximumRows / 2 else { return .greedy }
            waitingShares[node, default: 0] += size
        }
        guests.append(Guest(bookings: bookings, ticket: ticket))
        waitingRows += size
        if commitIsDue { return .wait }
        if waitingRows >= commitRows {
            commitIsDue = true
            return .commitNow
        }
        if timerIsArmed { return .wait }
        timerIsArmed = true
        return .commitLater
    }

    /// Notes that the timer fired; a commit must follow.
    mutating func timerFired() {
        timerIsArmed = false
    }

    /// Empties the room for one commit; ``finished()`` must follow it.
    mutating func takeAll() -> [Guest] {
        defer {
            guests = []
            committingRows = waitingRows
            committingShares = waitingShares
            waitingRows = 0
            waitingShares = [:]
            commitIsDue = false
        }
        return guests
    }

    /// Notes that the commit of the guests who were taken last has ended, well or not.
    mutating func finished() {
        committingRows = 0
        committingShares = [:]
    }

    /// Lets nobody in any more; who waits is still committed.
    mutating func close() {
        isClosed = true
    }

    private static func rows(of booking: Booking) -> Int {
        max(1, booking.entries.count + booking.losses.count)
    }
}
