// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Ledger

@Suite("Waiting room")
struct WaitingRoomTests {
    private var room = WaitingRoom<Int>(commitRows: 4, maximumRows: 6)

    @Test mutating func oneTimerIsArmedForAllWhoWait() {
        #expect(room.admit(.sample(sequence: 1), ticket: 1) == .commitLater)
        #expect(room.admit(.sample(sequence: 2), ticket: 2) == .wait)
        room.timerFired()
        #expect(room.takeAll().map(\.ticket) == [1, 2])
        #expect(room.admit(.sample(sequence: 3), ticket: 3) == .commitLater)
    }

    @Test mutating func enoughRowsAskForOneCommit() {
        #expect(room.admit(.sample(sequence: 1, pods: ["a", "b", "c", "d"]), ticket: 1) == .commitNow)
        #expect(room.admit(.sample(sequence: 2), ticket: 2) == .wait)
        #expect(room.takeAll().map(\.ticket) == [1, 2])
        #expect(room.takeAll().isEmpty)
    }

    @Test mutating func rowsOfTheRunningCommitTakeRoom() {
        _ = room.admit(.sample(sequence: 1, pods: ["a", "b", "c", "d"]), ticket: 1)
        _ = room.takeAll()
        #expect(room.rows == 4)
        #expect(room.admit(.sample(sequence: 2, pods: ["a", "b", "c"]), ticket: 2) == .busy)
        #expect(room.admit(.sample(sequence: 2, pods: ["a", "b"]), ticket: 3) == .commitLater)
        room.finished()
        #expect(room.rows == 2)
        #expect(room.admit(.sample(sequence: 3, pods: ["a", "b", "c", "d"]), ticket: 4) == .commitNow)
    }

    @Test mutating func anEmptyBookingTakesARowToo() {
        for ticket in 1...6 { #expect(room.admit(.sample(sequence: 1, pods: []), ticket: ticket) != .busy) }
        #expect(room.admit(.sample(sequence: 1, pods: []), ticket: 7) == .busy)
    }

    @Test mutating func aClosedRoomAdmitsNobody() {
        _ = room.admit(.sample(sequence: 1), ticket: 1)
        room.close()
        #expect(room.admit(.sample(sequence: 2), ticket: 2) == .closed)
        #expect(room.takeAll().map(\.ticket) == [1])
    }
}
