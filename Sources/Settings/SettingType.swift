// SPDX-License-Identifier: Apache-2.0

/// How the text of a setting becomes a value, and how an error says what was expected.
public struct SettingType<Value: Sendable>: Sendable {
    /// What is accepted, as it follows the words "is not": `a duration from 1ms to 60s, such as 250ms`.
    public let expectation: String
    /// The value that `text` stands for, or `nil`.
    public let parse: @Sendable (_ text: String) -> Value?

    /// Settings that `parse` accepts and `expectation` describes.
    public init(_ expectation: String, parse: @escaping @Sendable (_ text: String) -> Value?) {
        self.expectation = expectation
        self.parse = parse
    }

    /// The value that `text`, written at `origin`, stands for.
    ///
    /// - Throws: an error that names the origin, quotes the text and says what is accepted.
    public func value(of text: String, at origin: SettingsError.Origin) throws(SettingsError) -> Value {
        guard let value = parse(text) else {
            throw SettingsError(origin, "\(Self.quoted(text)) is not \(expectation)")
        }
        return value
    }

    /// `text` in quotes on one line, shortened if it is long.
    private static func quoted(_ text: String) -> String {
        text.count > 80 ? "\(text.prefix(80).debugDescription)…" : text.debugDescription
    }
}

extension SettingType where Value == String {
    /// Text that is not empty.
    public static var text: SettingType {
        SettingType("text (it is empty)") { $0.isEmpty ? nil : $0 }
    }

    /// A name of at least one and at most `maxBytes` bytes of UTF-8, without control characters.
    public static func name(maxBytes: Int) -> SettingType {
        SettingType("a name of 1 to \(maxBytes) bytes without control characters") { text in
            let printable = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            return printable && (1...maxBytes).contains(text.utf8.count) ? text : nil
        }
    }

    /// An `http` or `https` URL with a host and without query, fragment or password.
    ///
    /// The value has no slash at its end, so that a path can follow.
    public static var httpURL: SettingType {
        SettingType("an http:// or https:// URL without query, such as http://127.0.0.1:8080") { text in
            let trimmed = text.last == "/" ? String(text.dropLast()) : text
            let parts = trimmed.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count >= 3, parts[1].isEmpty, parts[0] == "http:" || parts[0] == "https:" else { return nil }
            let path = parts.count == 4 ? parts[3] : ""
            let pathIsPlain = path.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x3f && $0 != 0x23 }
            // The host with some port parses like an address to listen on.
            guard pathIsPlain, ListenAddress("\(parts[2]):1") != nil || ListenAddress(parts[2]) != nil else {
                return nil
            }
            return trimmed
        }
    }
}

extension SettingType where Value: FixedWidthInteger {
    /// A whole number in `range`, in decimal digits.
    public static func integer(in range: ClosedRange<Value>) -> SettingType {
        SettingType("a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Value(text).flatMap { range.contains($0) && text.utf8.first != UInt8(ascii: "+") ? $0 : nil }
        }
    }
}

extension SettingType where Value == Int {
    /// A number of bytes in `range`: plain, or with a unit (`kB`, `MB`, `GB` of 1,000; `KiB`, `MiB`, `GiB` of 1,024).
    public static func byteCount(in range: ClosedRange<Int>) -> SettingType {
        let units = [
            "": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
        ]
        return SettingType("a number of bytes from \(range.lowerBound) to \(range.upperBound), such as 65536 or 16MiB")
        {
            text in
            guard let (number, unit) = quantity(text), let factor = units[unit] else { return nil }
            let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
            return !overflow && range.contains(bytes) ? bytes : nil
        }
    }
}

extension SettingType where Value == Duration {
    /// A whole number of `ms`, `s`, `m`, `h` or `d`, in `range`.
    public static func duration(in range: ClosedRange<Duration>) -> SettingType {
        let units = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        let limits = "\(range.lowerBound.settingText) to \(range.upperBound.settingText)"
        return SettingType("a duration from \(limits), such as 250ms, 5s, 1m, 2h or 2d") { text in
            guard let (number, unit) = quantity(text), let factor = units[unit] else { return nil }
            let (milliseconds, overflow) = number.multipliedReportingOverflow(by: factor)
            guard !overflow else { return nil }
            let duration = Duration.milliseconds(milliseconds)
            return range.contains(duration) ? duration : nil
        }
    }
}

extension SettingType where Value == ListenAddress {
    /// `host:port`.
    public static var listenAddress: SettingType {
        SettingType("host:port, such as 127.0.0.1:8080, [::1]:8080 or localhost:8080") { ListenAddress($0) }
    }
}

extension SettingType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the type's names, spelled exactly.
    public static var choice: SettingType {
        let names = Value.allCases.map(\.rawValue)
        return SettingType("one of \(names.joined(separator: ", "))") { Value(rawValue: $0) }
    }
}

/// The digits at the start of `text` as a number, and what follows them; `nil` without digits or past 64 bits.
private func quantity(_ text: String) -> (number: Int, unit: String)? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let number = Int(digits) else { return nil }
    return (number, String(text[digits.endIndex...]))
}

extension Duration {
    /// The duration as settings write it, in the largest unit that divides it: `90s`, `2m`, `250ms`.
    public var settingText: String {
        let milliseconds = components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
        let units: [(name: String, size: Int64)] = [
            ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
        ]
        for unit in units where milliseconds != 0 && milliseconds % unit.size == 0 {
            return "\(milliseconds / unit.size)\(unit.name)"
        }
        return "\(milliseconds)ms"
    }
}
