// SPDX-License-Identifier: Apache-2.0

/// The bookings that wait for a commit: decides who is let in and when the next commit starts.
///
/// It does nothing itself; its callers do what it returns.
struct WaitingRoom<Ticket: Sendable>: Sendable {
    /// What the caller who brought a booking must do.
    enum Admission: Hashable {
        /// Wait: a commit is already due.
        case wait
        /// Start a commit when the commit interval has passed.
        case commitLater
        /// Start a commit at once.
        case commitNow
        /// Turn the booking away: too many rows wait.
        case busy
        /// Turn the booking away: the ledger is closed.
        case closed
    }

    /// A booking, and who to tell.
    struct Guest: Sendable {
        var booking: Booking
        var ticket: Ticket
    }

    private var guests: [Guest] = []
    /// Rows of ``guests``.
    private var waitingRows = 0
    /// Rows of the guests whose commit is running.
    private var committingRows = 0
    private var timerIsArmed = false
    private var commitIsDue = false
    /// True once ``close()`` was called.
    private(set) var isClosed = false
    private let commitRows: Int
    private let maximumRows: Int

    /// An empty room.
    ///
    /// - Parameters:
    ///   - commitRows: Rows that make a commit due at once.
    ///   - maximumRows: Rows the room holds, those of the running commit included.
    init(commitRows: Int, maximumRows: Int) {
        self.commitRows = commitRows
        self.maximumRows = maximumRows
    }

    /// Rows that wait or are being committed.
    var rows: Int {
        waitingRows + committingRows
    }

    /// Lets `booking` in if there is room; `ticket` comes back with it from ``takeAll()``.
    mutating func admit(_ booking: Booking, ticket: Ticket) -> Admission {
        if isClosed { return .closed }
        let size = Self.rows(of: booking)
        guard rows == 0 || size <= maximumRows - rows else { return .busy }
        guests.append(Guest(booking: booking, ticket: ticket))
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
            waitingRows = 0
            commitIsDue = false
        }
        return guests
    }

    /// Notes that the commit of the guests who were taken last has ended, well or not.
    mutating func finished() {
        committingRows = 0
    }

    /// Lets nobody in any more; who waits is still committed.
    mutating func close() {
        isClosed = true
    }

    private static func rows(of booking: Booking) -> Int {
        max(1, booking.entries.count + booking.losses.count)
    }
}
