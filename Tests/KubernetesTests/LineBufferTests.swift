// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TestSupport
import Testing

@testable import Kubernetes

@Suite("Lines of a stream")
struct LineBufferTests {
    private static func lines(_ pieces: [ByteBuffer], limit: Int = 1 << 20) throws -> (lines: [String], rest: Bool) {
        var buffer = LineBuffer(limit: limit)
        var lines: [String] = []
        for piece in pieces {
            buffer.append(piece)
            while let line = try buffer.next() { lines.append(String(buffer: line)) }
        }
        return (lines, buffer.hasPartialLine)
    }

    @Test(
        "are cut at line ends, empty ones left out",
        arguments: [
            ("", [], false), ("\n", [], false), ("a\n", ["a"], false), ("a", [], true), ("a\nb", ["a"], true),
            ("a\r\nb\r\n", ["a", "b"], false), ("\n\r\n\na\n\n", ["a"], false), ("a\rb\n", ["a\rb"], false),
        ] as [(String, [String], Bool)]
    )
    func cut(text: String, lines: [String], rest: Bool) throws {
        let result = try Self.lines([ByteBuffer(string: text)])
        #expect(result.lines == lines)
        #expect(result.rest == rest)
    }

    @Test("are the same however the stream is cut into pieces")
    func anyPieces() throws {
        var random = SeededRandom()
        for _ in 0..<300 {
            let texts = (0..<Int.random(in: 0...20, using: &random))
                .map { _ in
                    String(repeating: "x", count: Int.random(in: 1...300, using: &random))
                }
            let stream = Array(texts.map { $0 + "\n" }.joined().utf8)
            var pieces: [ByteBuffer] = []
            var rest = stream[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...400, using: &random)
                pieces.append(ByteBuffer(bytes: rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            let result = try Self.lines(pieces, limit: 300)
            #expect(result.lines == texts, "seed \(random.seed)")
            #expect(!result.rest, "seed \(random.seed)")
        }
    }

    @Test("longer than allowed are an error, complete or not, and never held")
    func tooLong() throws {
        #expect(throws: LineBuffer.TooLong(limit: 3)) { try Self.lines([ByteBuffer(string: "abcd\n")], limit: 3) }
        #expect(throws: LineBuffer.TooLong(limit: 3)) {
            try Self.lines([ByteBuffer(string: "ab"), ByteBuffer(string: "cd")], limit: 3)
        }
        #expect(try Self.lines([ByteBuffer(string: "abc\nabc\n")], limit: 3).lines == ["abc", "abc"])
    }
}
