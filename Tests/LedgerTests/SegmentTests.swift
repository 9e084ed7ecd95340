// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

@testable import Ledger

@Suite("Segments")
struct SegmentTests {
    private static func random(_ random: inout SeededRandom) -> SegmentRows {
        var rows = SegmentRows()
        let spread = Int32([1, 2, 7, 300, 200_000].randomElement(using: &random) ?? 1)
        let widest = [0, 5, 20, 40, 62].randomElement(using: &random) ?? 0
        var id: Int32 = .random(in: 1...1000, using: &random)
        func number() -> UInt64 {
            let width = UInt64.random(in: 0...UInt64(widest), using: &random)
            return .random(in: 0...(1 << width), using: &random)
        }
        for _ in 0..<([1, 2, 64, 65, 1024].randomElement(using: &random) ?? 1) {
            rows.append(
                id,
                FlowCounters(
                    egressBytes: number(),
                    ingressBytes: number(),
                    egressPackets: number(),
                    ingressPackets: number()
                )
            )
            id += .random(in: 1...spread, using: &random)
        }
        return rows
    }

    @Test func whatIsPackedComesBack() throws {
        var random = SeededRandom()
        for _ in 0..<300 {
            let rows = Self.random(&random)
            let key = SegmentKey.key(midnight, series: Int(rows.ids[0]))
            let bytes = Segment.pack(rows, key: key)
            var unpacked = SegmentRows()
            #expect(bytes.withUnsafeBytes { Segment.unpack($0, key: key, into: &unpacked) }, "seed \(random.seed)")
            #expect(unpacked.ids == rows.ids, "seed \(random.seed)")
            #expect(unpacked.counters == rows.counters, "seed \(random.seed)")
        }
    }

    @Test func everyDamagedByteIsFound() throws {
        var random = SeededRandom()
        for _ in 0..<5 {
            let rows = Self.random(&random)
            let key = SegmentKey.key(midnight, series: Int(rows.ids[0]))
            let bytes = Segment.pack(rows, key: key)
            var unpacked = SegmentRows()
            for index in bytes.indices {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
                #expect(!damaged.withUnsafeBytes { Segment.unpack($0, key: key, into: &unpacked) })
            }
            for count in 0..<bytes.count {
                #expect(!bytes.prefix(count).withUnsafeBytes { Segment.unpack($0, key: key, into: &unpacked) })
            }
            #expect(!bytes.withUnsafeBytes { Segment.unpack($0, key: key + 1, into: &unpacked) }, "another place")
        }
    }

    /// A checksum that is right says nothing about who wrote it: what it covers must not lead outside of the bytes.
    @Test func nonsenseWithARightChecksumIsRefusedOrHarmless() throws {
        var random = SeededRandom()
        for _ in 0..<3000 {
            let rows = Self.random(&random)
            let key = SegmentKey.key(midnight, series: Int(rows.ids[0]))
            var bytes = Segment.pack(rows, key: key)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let limit = Bool.random(using: &random) ? min(80, bytes.count - 8) : bytes.count - 8
                bytes[Int.random(in: 1..<limit, using: &random)] = .random(in: 0...255, using: &random)
            }
            let sum = bytes.dropLast(8).withUnsafeBytes { Checksum.of($0, key: key) }
            for index in 0..<8 { bytes[bytes.count - 8 + index] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * index)) }
            var unpacked = SegmentRows()
            if bytes.withUnsafeBytes({ Segment.unpack($0, key: key, into: &unpacked) }) {
                #expect(unpacked.ids.count == unpacked.counters.count, "seed \(random.seed)")
            }
        }
    }

    @Test func usualTrafficTakesLessThanTenBytesARow() throws {
        var random = SeededRandom(seed: 7)
        var rows = SegmentRows()
        for id: Int32 in 1...1024 {
            // Around half a megabyte an hour, spread over five magnitudes.
            let exponent = (0..<6).reduce(0.0) { sum, _ in sum + .random(in: -2.3...2.3, using: &random) }
            let egress = UInt64(max(60, 500_000 * exponent.exponential))
            let ingress = UInt64(Double(egress) * .random(in: 0.05...5, using: &random))
            rows.append(
                id,
                FlowCounters(
                    egressBytes: egress,
                    ingressBytes: ingress,
                    egressPackets: egress / .random(in: 60...1500, using: &random) + 1,
                    ingressPackets: ingress / .random(in: 60...1500, using: &random) + 1
                )
            )
        }
        let key = SegmentKey.key(midnight, series: 1)
        #expect(Double(Segment.pack(rows, key: key).count) / 1024 < 10)
    }
}

extension Double {
    /// e to the power of this, without a library: good to a few digits for small numbers.
    fileprivate var exponential: Double {
        var (result, base) = (1.0, 1 + self / 1024)
        for _ in 0..<10 { base *= base }
        result *= base
        return result
    }
}
