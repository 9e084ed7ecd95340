// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Yams

/// A configuration file in YAML: one document, a mapping at the top.
public struct SettingsFile: Sendable {
    /// Path of the file, as it was given.
    public let path: String
    /// What the file says; null if it says nothing.
    public let root: SettingsNode
    /// The file's whole text.
    let text: String

    /// Values are nested at most this deep.
    private static let maxDepth = 32
    /// A file has at most this many values, those that an alias repeats counted each time.
    private static let maxValues = 1_000_000

    /// SHA-256 of the file's text, hexadecimal: a name for exactly this content.
    public var fingerprint: String {
        SHA256.hash(data: Data(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Reads the file at `path`.
    ///
    /// - Throws: an error that names the file and, where it has one, the line.
    public init(path: String) throws(SettingsError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            let reason = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
            throw SettingsError(
                .file(path: path, line: nil, key: nil),
                "cannot read the configuration file: \((reason ?? error).localizedDescription)"
            )
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            let valid = String(decoding: data, as: UTF8.self).prefix { $0 != "\u{FFFD}" }
            throw SettingsError(.file(path: path, line: Self.line(after: valid), key: nil), "the text is not UTF-8")
        }
        try self.init(path: path, text: text)
    }

    /// Parses `text` as the content of the file at `path`.
    ///
    /// - Throws: an error that names the file, the line and, where it has one, the key.
    public init(path: String, text: String) throws(SettingsError) {
        self.path = path
        self.text = text
        let body = text.first == "\u{FEFF}" ? String(text.dropFirst()) : text
        if let wrong = body.unicodeScalars.firstIndex(where: { !Self.isPrintable($0) }) {
            let code = String(body.unicodeScalars[wrong].value, radix: 16, uppercase: true)
            throw SettingsError(
                .file(path: path, line: Self.line(after: body[..<wrong]), key: nil),
                "the character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code) is not allowed in YAML"
            )
        }
        do {
            // Every value stays text: what it has to be is for the setting to say, so `no` may be a node's name.
            let document = try Parser(yaml: body, resolver: .basic, encoding: .utf8).singleRoot()
            var budget = Self.maxValues
            let tree = try document.map { try Self.tree($0, path: path, depth: 0, line: 1, budget: &budget) }
            root = SettingsNode(file: path, key: nil, tree: tree ?? .init(line: 1, content: .null))
        } catch let error as SettingsError {
            throw error
        } catch {
            // The parser sees an end that comes too soon on the line after the last.
            let lastLine = max(1, Self.line(after: body) - (body.last?.isNewline == true ? 1 : 0))
            throw Self.refusal(error, path: path, lastLine: lastLine)
        }
    }

    private static func tree(
        _ node: Node,
        path: String,
        depth: Int,
        line: Int,
        budget: inout Int
    ) throws -> SettingsNode.Tree {
        let line = node.mark?.line ?? line
        func refuse(_ reason: String) -> SettingsError {
            SettingsError(.file(path: path, line: line, key: nil), reason)
        }
        budget -= 1
        guard budget >= 0 else { throw refuse("the file has more than \(maxValues) values") }
        guard depth <= maxDepth else { throw refuse("values are nested more than \(maxDepth) deep") }
        switch node {
        case .scalar(let scalar):
            let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            return .init(line: line, content: isNull ? .null : .text(scalar.string))
        case .sequence(let sequence):
            let items = try sequence.map {
                try tree($0, path: path, depth: depth + 1, line: line, budget: &budget)
            }
            return .init(line: line, content: .list(items))
        case .mapping(let mapping):
            var entries: [SettingsNode.Entry] = []
            for (key, value) in mapping {
                let keyLine = key.mark?.line ?? line
                guard case .scalar(let name) = key else {
                    throw SettingsError(.file(path: path, line: keyLine, key: nil), "a key must be a single word")
                }
                let value = try tree(value, path: path, depth: depth + 1, line: keyLine, budget: &budget)
                entries.append(.init(key: name.string, line: keyLine, value: value))
            }
            return .init(line: line, content: .mapping(entries))
        case .alias:
            throw refuse("the alias stands for nothing")
        }
    }

    /// The YAML parser's complaint as one line with file, line and key.
    private static func refusal(_ error: any Error, path: String, lastLine: Int) -> SettingsError {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let before = context.map { "\($0.text) (line \($0.mark.line)): " } ?? ""
            return SettingsError(
                .file(path: path, line: min(mark.line, lastLine), key: nil),
                "not valid YAML: \(before)\(problem)"
            )
        case .duplicatedKeysInMapping(let keys, let context):
            return SettingsError(
                .file(path: path, line: context.mark.line, key: keys.joined(separator: ", ")),
                "the key is written twice in one mapping"
            )
        case .reader(let problem, _, _, _):
            return SettingsError(.file(path: path, line: nil, key: nil), "not valid YAML: \(problem)")
        default:
            return SettingsError(.file(path: path, line: nil, key: nil), "not valid YAML: \(error)")
        }
    }

    /// True for the characters of YAML 1.1's `c-printable`.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0a, 0x0d, 0x20...0x7e, 0x85, 0xa0...0xd7ff, 0xe000...0xfffd, 0x1_0000...0x10_ffff:
            scalar.value != 0xfeff
        default: false
        }
    }

    private static func line(after text: some StringProtocol) -> Int {
        1 + text.count { $0.isNewline }
    }
}
