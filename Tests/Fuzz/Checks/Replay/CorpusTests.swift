// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// What the fuzzer has kept must hold, and so must what is close to it; `make fuzz` looks further.
@Suite struct CorpusTests {
    private static func corpus(_ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appendingPathComponent("corpus/\(target.rawValue)")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .map { ($0, Array(try Data(contentsOf: folder.appendingPathComponent($0)))) }
    }

    @Test(arguments: FuzzTarget.allCases)
    func whatWasKeptHolds(target: FuzzTarget) throws {
        let corpus = try Self.corpus(target)
        #expect(!corpus.isEmpty)
        for (name, bytes) in corpus {
            #expect(throws: Never.self, "\(target.rawValue)/\(name)") { try target.check(bytes) }
        }
        #expect(throws: Never.self) { try target.check([]) }
    }

    @Test(arguments: FuzzTarget.allCases)
    func whatIsCloseToItHolds(target: FuzzTarget) throws {
        var random = SeededRandom()
        let corpus = try Self.corpus(target)
        for round in 0..<300 {
            let (name, original) = try #require(corpus.randomElement(using: &random))
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                guard let index = bytes.indices.randomElement(using: &random) else { break }
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes[index] = .random(in: .min ... .max, using: &random)
                case 2: bytes.remove(at: index)
                default: bytes.insert(.random(in: .min ... .max, using: &random), at: index)
                }
            }
            #expect(throws: Never.self, "seed \(random.seed), round \(round), \(target.rawValue)/\(name): \(bytes)") {
                try target.check(bytes)
            }
        }
    }
}
