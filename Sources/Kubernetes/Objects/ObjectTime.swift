// SPDX-License-Identifier: Apache-2.0

/// A time as the API writes it: RFC 3339 in UTC, with or without a fraction of a second, which is cut off.
struct ObjectTime: Decodable {
    /// Seconds since 1970-01-01T00:00:00Z.
    let seconds: Int64

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not an RFC 3339 time")
        }
        self = time
    }

    /// The time that `text` stands for, or `nil`.
    init?(_ text: String) {
        var bytes = Substring(text).utf8
        // Twenty bytes of a usual time are read by hand: 150,000 pods have half a million of them.
        guard bytes.count >= 20 else { return nil }
        func number(_ digits: Int, then end: UInt8? = nil) -> Int64? {
            var value: Int64 = 0
            for byte in bytes.prefix(digits) {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            bytes = bytes.dropFirst(digits)
            if let end {
                guard bytes.first == end else { return nil }
                bytes = bytes.dropFirst()
            }
            return value
        }
        guard let year = number(4, then: UInt8(ascii: "-")), let month = number(2, then: UInt8(ascii: "-")),
            let day = number(2, then: UInt8(ascii: "T")), let hour = number(2, then: UInt8(ascii: ":")),
            let minute = number(2, then: UInt8(ascii: ":")), let second = number(2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        if bytes.first == UInt8(ascii: ".") {
            bytes = bytes.dropFirst().drop { (0x30...0x39).contains($0) }
        }
        guard let offset = Self.offset(bytes) else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
    }

    /// Seconds east of UTC that `Z`, `+01:00` and the like stand for, or `nil`.
    private static func offset(_ bytes: Substring.UTF8View) -> Int64? {
        guard let sign = bytes.first else { return nil }
        if sign == UInt8(ascii: "Z") { return bytes.count == 1 ? 0 : nil }
        let parts = Substring(bytes.dropFirst()).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hours = UInt8(parts[0]),
            let minutes = UInt8(parts[1]), hours < 24, minutes < 60
        else { return nil }
        let seconds = Int64(hours) * 3600 + Int64(minutes) * 60
        switch sign {
        case UInt8(ascii: "+"): return seconds
        case UInt8(ascii: "-"): return -seconds
        default: return nil
        }
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar, its year counted from March.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
