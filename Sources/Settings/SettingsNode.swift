// SPDX-License-Identifier: Apache-2.0

/// A value in a configuration file that knows where it stands, so that every complaint about it can say so.
public struct SettingsNode: Sendable {
    /// A key of a mapping and the line it stands on.
    struct Entry: Sendable {
        var key: String
        var line: Int
        var value: Tree
    }

    /// A value and the line it begins on.
    struct Tree: Sendable {
        enum Content: Sendable {
            case null
            case text(String)
            case list([Tree])
            case mapping([Entry])
        }

        var line: Int
        var content: Content

        /// What the value is, for an error.
        var kind: String {
            switch content {
            case .null: "nothing"
            case .text: "a single value"
            case .list: "a list"
            case .mapping: "a mapping"
            }
        }
    }

    /// Path of the file, as it was given.
    let file: String
    /// Path of keys from the top; `nil` at the top.
    let key: String?
    let tree: Tree

    /// Where the value stands.
    public var origin: SettingsError.Origin {
        .file(path: file, line: tree.line, key: key)
    }

    /// True if nothing is written, or `null` or `~`.
    public var isNull: Bool {
        if case .null = tree.content { true } else { false }
    }

    /// True if a list is written.
    public var isSequence: Bool {
        if case .list = tree.content { true } else { false }
    }

    /// The value, read as `type`.
    public func value<Value>(as type: SettingType<Value>) throws(SettingsError) -> Value {
        guard case .text(let text) = tree.content else {
            throw SettingsError(origin, "expected a single value, found \(tree.kind)")
        }
        return try type.value(of: text, at: origin)
    }

    /// The items of a list; none if nothing is written.
    public func list() throws(SettingsError) -> [SettingsNode] {
        switch tree.content {
        case .null: []
        case .list(let items):
            items.enumerated().map { SettingsNode(file: file, key: "\(key ?? "")[\($0.offset)]", tree: $0.element) }
        case .text, .mapping: throw SettingsError(origin, "expected a list, found \(tree.kind)")
        }
    }

    /// The values of a mapping by key; none if nothing is written.
    ///
    /// - Parameter known: the keys that may occur.
    /// - Throws: an error that names the line of a key that is not known or occurs twice.
    public func mapping(_ known: [String]) throws(SettingsError) -> [String: SettingsNode] {
        let entries: [Entry]
        switch tree.content {
        case .null: return [:]
        case .mapping(let found): entries = found
        case .text, .list: throw SettingsError(origin, "expected a mapping, found \(tree.kind)")
        }
        var result: [String: SettingsNode] = [:]
        var lines: [String: Int] = [:]
        for entry in entries {
            let path = key.map { "\($0).\(entry.key)" } ?? entry.key
            let place = SettingsError.Origin.file(path: file, line: entry.line, key: path)
            guard known.contains(entry.key) else { throw SettingsError(place, Self.unknown(entry.key, known)) }
            if let first = lines.updateValue(entry.line, forKey: entry.key) {
                throw SettingsError(place, "the key is written twice; the first is on line \(first)")
            }
            result[entry.key] = SettingsNode(file: file, key: path, tree: entry.value)
        }
        return result
    }

    private static func unknown(_ key: String, _ known: [String]) -> String {
        if let close = Spelling.closest(to: key, among: known) {
            return "unknown key; did you mean \(close)?"
        }
        return "unknown key; known here: \(known.sorted().joined(separator: ", "))"
    }
}
