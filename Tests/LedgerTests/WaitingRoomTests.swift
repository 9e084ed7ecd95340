// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Ledger

@Suite("Waiting room")
struct WaitingRoomTests {
    private var room = WaitingRoom<Int>(commitRows: 4, maximumRows: 6)

    @Test mutating func oneTimerIsArmedForAllWhoWait() {
        #expect(room.admit([.sample(sequence: 1)], ticket: 1) == .commitLater)
        #expect(room.admit([.sample(sequence: 2)], ticket: 2) == .wait)
        room.timerFired()
        #expect(room.takeAll().map(\.ticket) == [1, 2])
        #expect(room.admit([.sample(sequence: 3)], ticket: 3) == .commitLater)
    }

    @Test mutating func enoughRowsAskForOneCommit() {
        #expect(room.admit([.sample(sequence: 1, pods: ["a", "b", "c", "d"])], ticket: 1) == .commitNow)
        #expect(room.admit([.sample(source: .sample(node: "n2"), sequence: 2)], ticket: 2) == .wait)
        #expect(room.takeAll().map(\.ticket) == [1, 2])
        #expect(room.takeAll().isEmpty)
    }

    @Test mutating func rowsOfTheRunningCommitTakeRoom() {
        _ = room.admit([.sample(sequence: 1, pods: ["a", "b", "c", "d"])], ticket: 1)
        _ = room.takeAll()
        #expect(room.rows == 4)
        #expect(room.admit([.sample(sequence: 2, pods: ["a", "b", "c"])], ticket: 2) == .busy)
        #expect(
            room.admit([.sample(source: .sample(node: "n2"), sequence: 2, pods: ["a", "b"])], ticket: 3) == .commitLater
        )
        room.finished()
        #expect(room.rows == 2)
        #expect(
            room.admit([.sample(source: .sample(node: "n3"), sequence: 3, pods: ["a", "b", "c", "d"])], ticket: 4)
                == .commitNow
        )
    }

    @Test mutating func anEmptyBookingTakesARowToo() {
        for ticket in 1...6 {
            let booking = Booking.sample(source: .sample(node: "n\(ticket)"), sequence: 1, pods: [])
            #expect(room.admit([booking], ticket: ticket) != .busy)
        }
        #expect(room.admit([.sample(sequence: 1, pods: [])], ticket: 7) == .busy)
    }

    /// A node that sends without end has half of the room to itself, and a quarter once others come; never all.
    @Test mutating func oneNodeLeavesRoomForTheOthers() {
        var room = WaitingRoom<Int>(commitRows: .max, maximumRows: 100)
        var admitted = 0
        for _ in 0..<200 where room.admit([.sample(source: .sample(node: "greedy"), sequence: 1)], ticket: 0) != .greedy
        {
            admitted += 1
        }
        #expect(admitted == 50)
        for node in 0..<50 {
            let booking = Booking.sample(source: .sample(node: "n\(node)"), sequence: 1)
            #expect(room.admit([booking], ticket: node) == .wait)
        }
        #expect(room.admit([.sample(source: .sample(node: "late"), sequence: 1)], ticket: 0) == .busy)
        // What is being committed counts as well.
        _ = room.takeAll()
        _ = room.admit([.sample(source: .sample(node: "greedy"), sequence: 1)], ticket: 0)
        #expect(room.rows == 100)
        room.finished()
        #expect(room.admit([.sample(source: .sample(node: "greedy"), sequence: 1)], ticket: 0) != .greedy)
    }

    @Test mutating func bookingsOfOneDeliveryStayTogether() {
        #expect(room.admit([.sample(sequence: 1), .sample(sequence: 2)], ticket: 1) == .commitLater)
        #expect(room.rows == 2)
        #expect(room.takeAll().map(\.bookings.count) == [2])
    }

    @Test mutating func aClosedRoomAdmitsNobody() {
        _ = room.admit([.sample(sequence: 1)], ticket: 1)
        room.close()
        #expect(room.admit([.sample(sequence: 2)], ticket: 2) == .closed)
        #expect(room.takeAll().map(\.ticket) == [1])
    }
}
