// SPDX-License-Identifier: Apache-2.0
import Classification
import Feeds
import TestSupport
import Testing
import Traffic

@Suite struct FeedFuzzTests {
    private static let samples = [
        (FeedKind.aws, Samples.aws), (.gcp, Samples.gcp), (.google, Samples.google), (.azure, Samples.azure),
    ]

    /// Whatever is done to a document, it is read or refused in a sentence; what is read makes rules.
    @Test(arguments: samples)
    func damagedDocumentsAreReadOrRefused(kind: FeedKind, sample: String) {
        var random = SeededRandom()
        let whole = Array(sample.utf8)
        let inserts = Array("{}[]:,\"\\0129.e-/ns \u{7f}".utf8) + [0, 0x80, 0xff]
        var read = 0
        for _ in 0..<1_500 {
            var bytes = whole
            if Int.random(in: 0..<10, using: &random) == 0 {
                bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            }
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + 4))
                default: bytes.insert(inserts[Int.random(in: 0..<inserts.count, using: &random)], at: place)
                }
            }
            do throws(FeedError) {
                let snapshot = try FeedSnapshot(kind, document: bytes, source: "f.json")
                read += 1
                let rules = RuleSet(NetworkPlan(), feeds: [snapshot])
                for entry in snapshot.entries {
                    let local = Place(region: "us-east-1", zone: nil)
                    let verdict = rules.verdict(remote: entry.block.base, viaLoopback: false, local: local)
                    #expect(!verdict.network.isEmpty, "seed \(random.seed): \(entry.block)")
                }
            } catch {
                #expect(error.source == "f.json" && !error.reason.isEmpty, "seed \(random.seed): \(error)")
                #expect(!error.description.contains("\n"), "seed \(random.seed): \(error)")
            }
        }
        #expect((1..<1_500).contains(read), "seed \(random.seed): \(read) of 1,500 read")
    }

    /// Noise is refused.
    @Test func noiseIsRefused() {
        var random = SeededRandom()
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...200, using: &random))
                .map { _ in UInt8.random(in: 0...255, using: &random) }
            for kind in FeedKind.allCases {
                #expect(throws: FeedError.self, "seed \(random.seed)") {
                    try FeedSnapshot(kind, document: bytes, source: "f.json")
                }
            }
        }
    }

    @Test func nestingIsNotFollowedForEver() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        let document = Array(#"{"syncToken": "1767571200", "x": "#.utf8) + deep
        #expect(throws: FeedError.self) { try FeedSnapshot(.aws, document: document, source: "f.json") }
    }
}
