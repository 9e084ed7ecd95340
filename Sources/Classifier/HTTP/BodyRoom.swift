// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Room for the bodies that are being read and decoded, all of them together.
///
/// What finds none is told to come back, so that memory stays as it is however many send at once. A body takes room as
/// it comes: what a sender only announces takes none. Bodies that are large, which a usual agent's are not, find only
/// half of the room: who sends nothing else leaves the other half to everybody.
final class BodyRoom: Sendable {
    /// The part of the room from which on a body is large.
    private static let largePart = 16

    /// Bytes of all bodies together; a single one may always be as large as `--max-body`.
    let capacity: Int
    private let used = Mutex(0)

    /// A room for `capacity` bytes.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Bytes that are in it.
    var bytes: Int {
        used.withLock(\.self)
    }

    /// A place in the room for one body; nothing is in it yet.
    func place() -> Place {
        Place(in: self)
    }

    /// Where one body is; it makes room for others when nobody refers to it any more.
    final class Place: Sendable {
        private let room: BodyRoom
        private let size = Mutex(0)

        fileprivate init(in room: BodyRoom) {
            self.room = room
        }

        deinit {
            leave()
        }

        /// Makes it `count` bytes larger; false if there is no room for them.
        func grow(by count: Int) -> Bool {
            size.withLock { size in
                let isLarge = size + count > room.capacity / BodyRoom.largePart
                let limit = isLarge ? room.capacity / 2 : room.capacity
                let isIn = room.used.withLock { used in
                    guard used == size || used + count <= limit else { return false }
                    used += count
                    return true
                }
                if isIn { size += count }
                return isIn
            }
        }

        /// Makes room for others; nothing the second time.
        func leave() {
            size.withLock { size in
                room.used.withLock { $0 -= size }
                size = 0
            }
        }
    }
}
