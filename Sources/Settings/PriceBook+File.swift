// SPDX-License-Identifier: Apache-2.0
public import Pricing
import Queries
import Traffic

extension PriceBook {
    private static let keys = [
        "name", "currency", "from", "until", "provider", "source", "retrieved", "example", "lines",
    ]

    /// The price book in the YAML file at `path`; `deploy/prices/README.md` is its reference.
    ///
    /// - Throws: An error that names file, line and key of what cannot be used: unknown keys, gaps and overlaps of
    ///   dates and tiers, prices that are not decimal numbers, and lines of one charge that a byte may meet both.
    public init(path: String) throws(SettingsError) {
        try self.init(SettingsFile(path: path))
    }

    /// The price book that `text`, the content of the file at `path`, says.
    public init(path: String, text: String) throws(SettingsError) {
        try self.init(SettingsFile(path: path, text: text))
    }

    private init(_ file: SettingsFile) throws(SettingsError) {
        let fields = try file.root.mapping(Self.keys)
        func text(_ key: String) throws(SettingsError) -> String {
            guard let node = fields[key], !node.isNull else { return "" }
            return try node.value(as: .name(maxBytes: 1_024))
        }
        func required(_ key: String) throws(SettingsError) -> SettingsNode {
            guard let node = fields[key], !node.isNull else {
                throw SettingsError(file.root.origin, "the price book needs \(key)")
            }
            return node
        }
        let start = try required("from").value(as: .day)
        let end = try fields["until"]?.value(as: .day)
        if let end, end <= start, let node = fields["until"] {
            throw SettingsError(node.origin, "the book ends before it starts; until is the first day without it")
        }
        let code = SettingType("a currency's code of three capital letters, such as USD") { text in
            text.utf8.count == 3 && text.utf8.allSatisfy { (0x41...0x5a).contains($0) } ? text : nil
        }
        let retrieved = try fields["retrieved"].map { node throws(SettingsError) in try node.value(as: .day) }
        let span = BookSpan(start: start, end: end)
        let items = try required("lines").list()
        var lines: [(line: PriceLine, origin: SettingsError.Origin)] = []
        for item in items {
            let line = try PriceLine(item, within: span)
            if let twin = lines.first(where: { $0.line.name == line.name }) {
                throw SettingsError(item.origin, "the name \(line.name) is taken by \(twin.origin)")
            }
            if let twin = lines.first(where: { $0.line.charge == line.charge && $0.line.mayMeet(line) }) {
                throw SettingsError(
                    item.origin,
                    "\(line.name) overlaps \(twin.line.name) at \(twin.origin): both are of the charge \(line.charge), "
                        + "and a byte may meet both and be charged twice; narrow one with where, except, direction or "
                        + "dates, or give it a charge of its own"
                )
            }
            lines.append((line, item.origin))
        }
        guard !lines.isEmpty else {
            throw SettingsError(try required("lines").origin, "the price book has no lines")
        }
        self.init(
            name: try required("name").value(as: .name(maxBytes: 128)),
            currency: try required("currency").value(as: code),
            start: start,
            end: end,
            provider: try text("provider"),
            source: try text("source"),
            retrieved: retrieved.map { UTCTime(secondsSinceEpoch: $0).dayText } ?? "",
            isExample: try fields["example"]?.value(as: .flag) ?? false,
            lines: lines.map(\.line),
            fingerprint: file.fingerprint
        )
    }
}

/// When a book is complete.
struct BookSpan {
    /// First second.
    var start: Int64
    /// First second after it; `nil` if it has no end.
    var end: Int64?
}

extension SettingType where Value == Int64 {
    /// A day, as its first second in UTC since 1970.
    static var day: SettingType {
        SettingType("a day written yyyy-mm-dd, such as 2026-01-05") { text in
            guard text.utf8.count == 10, let time = UTCTime(rfc3339: text), time.secondsSinceEpoch >= 0 else {
                return nil
            }
            return time.secondsSinceEpoch
        }
    }
}

extension SettingType where Value == Bool {
    /// `true` or `false`.
    static var flag: SettingType {
        SettingType("true or false") { ["true": true, "false": false][$0] }
    }
}
