// SPDX-License-Identifier: Apache-2.0

/// What an answer of an ``Inventory`` rests on: it holds for a time, and until something that it rests on changes.
///
/// See ``Inventory/upholds(_:since:)``.
public struct Grounds: Hashable, Sendable {
    /// The first start of an interval for which it holds, in nanoseconds since 1970-01-01T00:00:00Z.
    public private(set) var from: Int64
    /// The first start after ``from`` for which it does not.
    public private(set) var until: Int64
    /// Numbers of ``ChangeMarks``; 0 is none.
    private(set) var marks = SIMD4<UInt16>.zero

    /// Those of an answer that holds at all times, whatever changes.
    public static let nothing = Grounds(during: .min ..< .max)

    /// Grounds for intervals that begin in `times`, of nothing that can change.
    init(during times: Range<Int64>) {
        (from, until) = (times.lowerBound, times.upperBound)
    }

    /// Adds what `mark` stands for.
    ///
    /// - Returns: False if there is no room for it; nothing is changed then.
    mutating func add(_ mark: UInt16) -> Bool {
        for index in marks.indices {
            if marks[index] == mark { return true }
            if marks[index] == 0 {
                marks[index] = mark
                return true
            }
        }
        return false
    }
}

extension Inventory {
    /// True if an answer that rests on `grounds`, found when ``revision`` had an earlier value, is the same now.
    ///
    /// The time is not looked at. A change of something else may make it false, seldom.
    public func upholds(_ grounds: Grounds, since revision: UInt64) -> Bool {
        changes.areOlder(grounds.marks, than: revision)
    }
}
