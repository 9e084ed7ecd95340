// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic
import Wire

/// Whatever arrives, the reader answers with a batch that keeps the rules or with a ``WireError``.
struct FuzzTests {
    /// Reads `bytes`; what is accepted must be accepted again after being written.
    private func survives(_ bytes: [UInt8], _ comment: @autoclosure () -> Comment) {
        let batch: FlowBatch
        do {
            batch = try FlowBatch(encoded: bytes)
        } catch {
            return  // the type of `error` is WireError: that is the other permitted outcome
        }
        let again = Result { try FlowBatch(encoded: batch.encoded()) }
        #expect(throws: Never.self, comment()) { try #expect(again.get() == batch, comment()) }
    }

    @Test func truncationAtEveryLengthIsRefused() throws {
        for length in 0..<GoldenTests.bytes.count {
            #expect(throws: WireError.self, "cut at \(length)") {
                try FlowBatch(encoded: Array(GoldenTests.bytes[..<length]))
            }
        }
    }

    @Test func randomBytes() {
        var random = SeededRandom()
        for round in 0..<20_000 {
            var bytes: [UInt8] = round.isMultiple(of: 2) ? [0x08, 1] : []
            for _ in 0..<Int.random(in: 0...64, using: &random) {
                bytes.append(.random(in: .min ... .max, using: &random))
            }
            survives(bytes, "seed \(random.seed), round \(round)")
        }
    }

    @Test func mutations() throws {
        var random = SeededRandom()
        let original = try FlowBatch.random(using: &random, flows: 20).encoded()
        for (source, rounds) in [(GoldenTests.bytes, 10_000), (original, 1000)] {
            for round in 0..<rounds {
                var bytes = source
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    Self.mutate(&bytes, using: &random)
                }
                survives(bytes, "seed \(random.seed), round \(round)")
            }
        }
    }

    private static func mutate(_ bytes: inout [UInt8], using random: inout SeededRandom) {
        guard let index = bytes.indices.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 1: bytes[index] = .random(in: .min ... .max, using: &random)
        case 2: bytes.remove(at: index)
        case 3: bytes.insert(.random(in: .min ... .max, using: &random), at: index)
        default: bytes.append(contentsOf: bytes[index..<min(index + 16, bytes.count)])
        }
    }

    /// Length prefixes that claim up to 2^64 - 1 bytes, for every field that has one.
    @Test(arguments: [2, 3, 4, 8, 9, 10, 11, 12, 13, 99], [7, 28, 31, 35, 49, 63])
    func claimsOfGigabytesAreRefused(field: UInt64, bits: UInt64) {
        let claim = Self.varint(field << 3 | 2) + Self.varint((1 << bits) | (1 << bits - 1))
        #expect(throws: WireError.self) { try FlowBatch(encoded: [0x08, 1] + claim) }
        #expect(throws: WireError.self) { try FlowBatch(encoded: [0x08, 1, 0x5a] + Self.varint(1 << bits) + claim) }
    }

    /// Few bytes that would decode to many elements never reach the decoder.
    @Test func elementsAreCountedBeforeTheyAreMade() {
        let owners = [UInt8]([0x08, 1]) + (0..<100_001).flatMap { _ in [0x52, 0] as [UInt8] }
        #expect(
            throws: WireError.invalid(field: "owners", reason: "has 100001 entries; at most 100000 are allowed")
        ) { try FlowBatch(encoded: owners) }
        let zeros = [UInt8](repeating: 0, count: 600_000)
        let column = [0x32] + Self.varint(600_000) + zeros
        let flows = [UInt8(0x5a)] + Self.varint(UInt64(column.count)) + column
        // A message field that occurs twice is merged, so the two halves count together.
        #expect(
            throws: WireError.invalid(
                field: "flows.egress_bytes",
                reason: "has 1200000 elements; at most 1000000 are allowed"
            )
        ) { try FlowBatch(encoded: [0x08, 1] + flows + flows) }
    }

    @Test func columnsMayBeSentElementByElement() throws {
        var bytes = GoldenTests.bytes
        let columns = try #require(Self.range(of: [0x0a, 2, 0, 0], in: bytes))
        // `owner` unpacked: the tag of a varint, twice. The length stays the same.
        bytes.replaceSubrange(columns, with: [0x08, 0, 0x08, 0])
        #expect(try FlowBatch(encoded: bytes) == GoldenTests.batch)
    }

    private static func range(of needle: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
        bytes.indices.lazy
            .map { $0..<($0 + needle.count) }
            .first { $0.upperBound <= bytes.count && Array(bytes[$0]) == needle }
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
