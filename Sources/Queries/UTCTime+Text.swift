// SPDX-License-Identifier: Apache-2.0

extension UTCTime: CustomStringConvertible {
    /// The time as RFC 3339 writes it, in UTC and whole seconds: `2026-08-01T12:00:00Z`.
    public var description: String {
        let parts = [(year, 4), (month, 2), (day, 2), (hour, 2), (minute, 2), (second, 2)]
            .map { part in
                let digits = String(part.0)
                return String(repeating: "0", count: max(0, part.1 - digits.count)) + digits
            }
        return "\(parts[0])-\(parts[1])-\(parts[2])T\(parts[3]):\(parts[4]):\(parts[5])Z"
    }

    /// The time that RFC 3339 text stands for, its fraction of a second cut off, or `nil` if it is not that.
    public init?(rfc3339 text: String) {
        guard let moment = Moment(rfc3339: text) else { return nil }
        self.init(secondsSinceEpoch: moment.seconds)
    }
}

/// An instant as a user wrote it.
struct Moment: Hashable, Sendable {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    var seconds: Int64
    /// True if some fraction of a second follows them.
    var hasFraction = false
    /// True if it was written as a time before now, whose seconds nobody chose.
    var isRelative = false

    /// A moment on a whole second, or with an unstated fraction after it.
    init(seconds: Int64, hasFraction: Bool = false, isRelative: Bool = false) {
        self.seconds = seconds
        self.hasFraction = hasFraction
        self.isRelative = isRelative
    }

    /// The moment that `text` stands for: RFC 3339 with `Z` or an offset, or a date alone, midnight UTC.
    ///
    /// `nil` if it is neither. `T` and `Z` may be small, a space may stand for `T`, years go from 0000 to 9999, and
    /// a leap second (`:60`) is refused.
    init?(rfc3339 text: String) {
        var scanner = Scanner(text)
        guard
            let year = scanner.number(digits: 4), scanner.skip("-"), let month = scanner.number(digits: 2),
            scanner.skip("-"), let day = scanner.number(digits: 2)
        else { return nil }
        if scanner.isAtEnd {
            guard let midnight = UTCTime(year: year, month: month, day: day) else { return nil }
            self.init(seconds: midnight.secondsSinceEpoch)
            return
        }
        guard
            scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
            let hour = scanner.number(digits: 2), scanner.skip(":"), let minute = scanner.number(digits: 2),
            scanner.skip(":"), let second = scanner.number(digits: 2),
            let local = UTCTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second),
            let hasFraction = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd
        else { return nil }
        self.init(seconds: local.secondsSinceEpoch - offset, hasFraction: hasFraction)
    }
}

private struct Scanner {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = Substring(text).utf8
    }

    var isAtEnd: Bool {
        rest.isEmpty
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digit() -> Int64? {
        guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        rest.removeFirst()
        return Int64(byte - UInt8(ascii: "0"))
    }

    mutating func number(digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Whether a fraction follows that is not zero; `nil` if there is a point without digits.
    mutating func fraction() -> Bool? {
        guard skip(".") else { return false }
        guard var sum = digit() else { return nil }
        while let digit = digit() { sum |= digit }
        return sum != 0
    }

    /// Seconds that local time is ahead of UTC.
    mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64 = skip("-") ? -1 : 1
        guard
            sign < 0 || skip("+"), let hours = number(digits: 2), hours < 24, skip(":"),
            let minutes = number(digits: 2), minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
