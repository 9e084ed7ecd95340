// SPDX-License-Identifier: Apache-2.0
import Classification

/// Answers of an inventory by number, each kept for as long as its grounds hold.
struct Answers: Sendable {
    /// In the place of an answer: it is to be found.
    static let none = Int32.min

    private var answers: [Int32] = []
    private var grounds: [Grounds] = []
    /// Answers that hold for one batch only.
    private var passing: [Int] = []
    /// The starts of intervals for which all answers hold.
    private var times: (from: Int64, until: Int64) = (.min, .max)
    /// The inventory's revision for which all answers hold.
    private var revision: UInt64 = 0

    /// How many there is a place for.
    var count: Int { answers.count }

    /// The answer of a number, or ``none``.
    subscript(number: Int) -> Int32 { answers[number] }

    /// Makes a place for the next number.
    mutating func append() {
        answers.append(Self.none)
        grounds.append(Grounds.nothing)
    }

    /// Keeps an answer for as long as `grounds` hold; `nil` is until the next refresh.
    mutating func set(_ answer: Int32, at number: Int, _ grounds: Grounds?) {
        answers[number] = answer
        guard let grounds else {
            passing.append(number)
            return
        }
        self.grounds[number] = grounds
        times = (max(times.from, grounds.from), min(times.until, grounds.until))
    }

    /// Forgets what does not hold for an interval that begins at `start`, or has changed in `inventory`, of which all
    /// that is kept was found at an earlier revision or at the same.
    ///
    /// - Returns: the numbers that have lost their answers.
    mutating func refresh(from inventory: Inventory, at start: Int64) -> [Int] {
        for number in passing { answers[number] = Self.none }
        var lost = passing
        passing.removeAll(keepingCapacity: true)
        let hasChanged = inventory.revision != revision
        guard hasChanged || start < times.from || start >= times.until else { return lost }
        times = (.min, .max)
        for number in answers.indices where answers[number] != Self.none {
            let held = grounds[number]
            if held.from <= start, start < held.until, !hasChanged || inventory.upholds(held, since: revision) {
                times = (max(times.from, held.from), min(times.until, held.until))
            } else {
                answers[number] = Self.none
                lost.append(number)
            }
        }
        revision = inventory.revision
        return lost
    }
}
