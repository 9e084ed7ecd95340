// SPDX-License-Identifier: Apache-2.0
import Foundation
import Settings
import TestSupport
import Testing

@Suite struct SettingsFileTests {
    @Test(arguments: ["", "\n", "# nothing\n", "---\n", "--- ~", "null", "\u{FEFF}", "\u{FEFF}# nothing"])
    func aFileMaySayNothing(text: String) throws {
        #expect(try SettingsFile(path: "a.yaml", text: text).root.isNull)
    }

    @Test(arguments: ["no", "1", "1.0", "0x10", "2026-01-01", "1:30", "true", "10.0.0.0/8", "a: b"])
    func valuesStayTextAsWritten(text: String) throws {
        let file = try SettingsFile(path: "a.yaml", text: "name: '\(text)'\nplain: \(text == "a: b" ? "a" : text)")
        let values = try file.root.mapping(["name", "plain"])
        #expect(try values["name"]?.value(as: .text) == text)
        #expect(try values["plain"]?.value(as: .text) == (text == "a: b" ? "a" : text))
    }

    @Test func quotedNullIsText() throws {
        let values = try SettingsFile(path: "a.yaml", text: #"a: "null""#).root.mapping(["a"])
        #expect(values["a"]?.isNull == false)
        #expect(try values["a"]?.value(as: .text) == "null")
    }

    @Test func everyValueKnowsItsLineAndKey() throws {
        let text = """
            # a comment
            lists:
              first: [a,
                b]
              second:
                - c

                - {d: e}
            """
        let lists = try #require(try SettingsFile(path: "x/a.yaml", text: text).root.mapping(["lists"])["lists"])
        #expect(lists.origin == .file(path: "x/a.yaml", line: 3, key: "lists"))
        let parts = try lists.mapping(["first", "second"])
        let first = try #require(try parts["first"]?.list())
        #expect(first.map(\.origin.description) == ["x/a.yaml:3: lists.first[0]", "x/a.yaml:4: lists.first[1]"])
        let second = try #require(try parts["second"]?.list())
        #expect(second.map(\.origin.description) == ["x/a.yaml:6: lists.second[0]", "x/a.yaml:8: lists.second[1]"])
        let inner = try #require(try second[1].mapping(["d"])["d"])
        #expect(inner.origin.description == "x/a.yaml:8: lists.second[1].d")
    }

    @Test func anAliasRepeatsItsValue() throws {
        let file = try SettingsFile(path: "a.yaml", text: "a: &x [1, 2]\nb: *x")
        let values = try file.root.mapping(["a", "b"])
        #expect(try values["b"]?.list().map { try $0.value(as: .text) } == ["1", "2"])
    }

    @Test(arguments: [
        ("a: [1, 2", 1), ("a: 1\nb: {c: 2\n", 2), ("a: 'x", 1), ("a: 1\n\tb: 2", 2), ("a: *nowhere", 1), ("a: b: c", 1),
        ("a: 1\n---\nb: 2", 2), ("a: @x", 1), ("%YAML 3.0\n---\na: 1", 1), ("a: 1\n\n\u{0}", 3), ("a: \u{1b}[2J", 1),
        ("a:\n  - b\n c: d", 3), ("a: !!binary |\n  x\n b", 3), ("\u{FEFF}a: \u{FEFF}", 1),
    ])
    func brokenYAMLNamesTheLine(text: String, line: Int) {
        let error = #expect(throws: SettingsError.self) { try SettingsFile(path: "a.yaml", text: text) }
        guard case .file("a.yaml", let found?, _) = error?.origin else {
            Issue.record("no line in \(String(describing: error))")
            return
        }
        #expect(found == line, "\(String(describing: error))")
    }

    @Test func textThatIsNotUTF8NamesTheLine() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("a.yaml")
        try Data("a: 1\nb: 2\nc: ".utf8 + [0xff, 0xfe]).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: SettingsError.self) { try SettingsFile(path: path) }
        #expect(error?.description == "\(path):3: the text is not UTF-8")
    }

    @Test func depthAndSizeAreBounded() {
        let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        let error = #expect(throws: SettingsError.self) { try SettingsFile(path: "a.yaml", text: deep) }
        #expect(error?.reason == "values are nested more than 32 deep")
        #expect(throws: SettingsError.self) {
            try SettingsFile(path: "a.yaml", text: String(repeating: "[", count: 100_000))
        }
        // Each line repeats the one before it ten times: 10^9 values in a dozen lines.
        let names = Array("abcdefghij")
        var bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        for (before, name) in zip(names, names.dropFirst()) {
            bomb += "\(name): &\(name) [\(Array(repeating: "*\(before)", count: 10).joined(separator: ", "))]\n"
        }
        let large = #expect(throws: SettingsError.self) { try SettingsFile(path: "a.yaml", text: bomb) }
        #expect(large?.reason == "the file has more than 1000000 values")
    }

    /// Random damage to a file: an answer or an error that names the file, never a trap.
    @Test func damagedFilesAreReadOrRefused() throws {
        var random = SeededRandom()
        let whole = Array(
            """
            # destinations
            listen: 127.0.0.1:8080
            destinations:
              in-zone: &zone
                - "10.0.0.0/8"  # ours
                - 'fd00::/8'
              in-region: *zone
              direct-classification:
                - {region: us-east-1, zone: ~, ips: [10.0.0.0/24, 10.0.1.0/24]}
                - region: >-
                    eu-west-1
                  ips: []
            ...
            """
            .utf8
        )
        let inserts = Array("{}[]:,-?&*!|>'\"%@`#\n\t \\~<\u{0}\u{7f}\u{e4}".utf8)
        var accepted = 0
        var refused = 0
        for _ in 0..<4_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = inserts.randomElement(using: &random)!
                case 2: bytes.insert(inserts.randomElement(using: &random)!, at: place)
                default: bytes.insert(contentsOf: bytes[place..<min(place + 20, bytes.count)], at: place)
                }
                if bytes.isEmpty { bytes = [0x61] }
            }
            do {
                let file = try SettingsFile(path: "a.yaml", text: String(decoding: bytes, as: UTF8.self))
                Self.visit(file.root, depth: 0)
                accepted += 1
            } catch {
                #expect(error.description.hasPrefix("a.yaml"), "seed \(random.seed): \(error)")
                #expect(!error.description.contains("\n"), "seed \(random.seed): \(error)")
                refused += 1
            }
        }
        #expect(accepted > 0 && refused > 0, "seed \(random.seed): \(accepted) accepted, \(refused) refused")
    }

    private static func visit(_ node: SettingsNode, depth: Int) {
        for item in (try? node.list()) ?? [] { visit(item, depth: depth + 1) }
        for item in ((try? node.mapping(["listen", "destinations", "in-zone", "region", "ips"])) ?? [:]).values {
            visit(item, depth: depth + 1)
        }
        _ = try? node.value(as: .text)
    }
}
