// SPDX-License-Identifier: Apache-2.0
import Queries
import TestSupport
import Testing
import Traffic

@Suite struct TableTests {
    @Test func anAnswer() {
        #expect(
            UsageAnswer.sample(step: nil).table() == """
                2026-08-01T12:00:00Z to 2026-08-01T15:00:00Z
                NAMESPACE    SCOPE      EGRESS  INGRESS  EGRESS PKTS  INGRESS PKTS
                shop         internet  1.50 MB  2.00 kB         1200            20
                -.slice      -         3.00 GB      0 B            1             0
                (14 others)               70 B      7 B            8             9
                TOTAL                  3.00 GB  2.01 kB         1209            29
                Lost, map_full: 999 B egress, 0 B ingress

                """
        )
    }

    @Test func aSteppedAnswerInBinaryUnits() {
        #expect(
            UsageAnswer.sample(step: 3600).table(units: .binary) == """
                2026-08-01T12:00:00Z to 2026-08-01T15:00:00Z, every 1h
                NAMESPACE    SCOPE       EGRESS   INGRESS  EGRESS PKTS  INGRESS PKTS  BYTES OVER TIME
                -.slice      -         2.79 GiB       0 B            1             0  ▁█▁
                shop         internet  1.43 MiB  1.95 KiB         1200            20  █▁▁
                (14 others)                70 B       7 B            8             9  █▁▂
                TOTAL                  2.80 GiB  1.96 KiB         1209            29
                Lost, map_full: 999 B egress, 0 B ingress

                """
        )
    }

    /// A group keeps its place though the buckets before the last do not have it.
    @Test func groupsStandInTheOrderOfTheQuery() {
        let query = UsageQuery(start: 0, end: 180, step: 60, groupBy: [.pod], order: .group)
        func fact(_ start: Int64, _ pod: String, _ bytes: UInt64) -> UsageFacts.Fact {
            .init(bucketStart: start, group: [pod], counters: FlowCounters(egressBytes: bytes))
        }
        let facts = [
            fact(0, "b", 1), fact(60, "a", 9), fact(60, "b", 1), fact(60, "d", 5), fact(120, "b", 2), fact(120, "c", 1),
            fact(120, "d", 1),
        ]
        let lines = UsageAnswer(query, UsageFacts(resolution: .minute, facts: facts)).tableLines(units: .exact)
        #expect(lines.dropFirst(2).map { $0.prefix(1) } == ["a", "b", "c", "d", "T"])
        #expect(lines[3].hasSuffix("▄▄█"))
    }

    @Test func aSteppedAnswerWithoutGroupsHasBars() {
        let query = UsageQuery(start: 0, end: 120, step: 60)
        let facts = [(0, 30), (60, 240)]
            .map { UsageFacts.Fact(bucketStart: $0, group: [], counters: FlowCounters(egressBytes: $1)) }
        #expect(
            UsageAnswer(query, UsageFacts(resolution: .minute, facts: facts)).table(units: .exact) == """
                1970-01-01T00:00:00Z to 1970-01-01T00:02:00Z, every 1m
                START                 EGRESS  INGRESS  EGRESS PKTS  INGRESS PKTS  BYTES
                1970-01-01T00:00:00Z      30        0            0             0  ██▌
                1970-01-01T00:01:00Z     240        0            0             0  ████████████████████
                TOTAL                    270        0            0             0

                """
        )
    }

    @Test func anAnswerWithoutGroupsIsOneLine() {
        let query = UsageQuery(start: 0, end: 60)
        let fact = UsageFacts.Fact(bucketStart: 0, group: [], counters: FlowCounters(egressBytes: 1234))
        #expect(
            UsageAnswer(query, UsageFacts(resolution: .minute, facts: [fact])).table(units: .exact) == """
                1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z
                EGRESS  INGRESS  EGRESS PKTS  INGRESS PKTS
                  1234        0            0             0

                """
        )
        #expect(
            UsageAnswer(query, UsageFacts(resolution: .minute, facts: [])).table() == """
                1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z
                No bytes are booked in this range.

                """
        )
    }

    @Test func cellsCannotSteerTheTerminal() {
        var table = TextTable([TextTable.Column("A"), TextTable.Column("B")])
        table.append(["\u{1b}[2J\u{202e}x\ny", "é\u{1f600}", "too many"])
        table.append([])
        #expect(table.lines() == ["A         B", "\u{fffd}[2J\u{fffd}x\u{fffd}y  é😀", ""])
    }

    @Test func wideTextIsCutInItsMiddle() {
        var table = TextTable([
            TextTable.Column("NAME"), TextTable.Column("ZONE"), TextTable.Column("N", isNumber: true),
        ])
        table.append(["deployment-7d9c5b8f6d-x2x4q", "zone-a", "123456789012"])
        for width in 0..<60 {
            let lines = table.lines(width: width)
            // 8 for the long name, 6 for the zone, 12 for the number and two gaps always fit.
            #expect(lines.allSatisfy { $0.count <= max(width, 30) }, "\(lines)")
            #expect(lines[1].hasSuffix("123456789012"))
        }
        #expect(table.lines(width: 30)[1] == "depl…x4q  zone-a  123456789012")
    }

    @Test(
        arguments: [
            (0, "0 B", "0 B"), (999, "999 B", "999 B"), (1000, "1.00 kB", "1000 B"), (1023, "1.02 kB", "1023 B"),
            (1024, "1.02 kB", "1.00 KiB"), (9994, "9.99 kB", "9.76 KiB"), (9995, "10.0 kB", "9.76 KiB"),
            (99_949, "99.9 kB", "97.6 KiB"), (99_950, "100 kB", "97.6 KiB"), (999_499, "999 kB", "976 KiB"),
            (999_500, "1.00 MB", "976 KiB"), (1_048_064, "1.05 MB", "1.00 MiB"), (1_500_000_000, "1.50 GB", "1.40 GiB"),
            (UInt64.max, "18.4 EB", "16.0 EiB"),
        ] as [(UInt64, String, String)]
    )
    func humanUnitsRoundHalfUp(bytes: UInt64, decimal: String, binary: String) {
        #expect(ByteUnits.decimal.text(bytes) == decimal)
        #expect(ByteUnits.binary.text(bytes) == binary)
        #expect(ByteUnits.exact.text(bytes) == "\(bytes)")
    }

    /// Reads the text back: what is shown is never off by more than half of its last digit.
    @Test func humanUnitsAreTrue() throws {
        var random = SeededRandom()
        let names = [["B", "kB", "MB", "GB", "TB", "PB", "EB"], ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]]
        for _ in 0..<5000 {
            let bytes = UInt64.random(in: 0 ... .max >> UInt64.random(in: 0..<64, using: &random), using: &random)
            for (units, base, names) in [(ByteUnits.decimal, 1000.0, names[0]), (.binary, 1024.0, names[1])] {
                let text = units.text(bytes)
                let parts = text.split(separator: " ")
                let power = try #require(names.firstIndex(of: String(parts[1])), "\(text)")
                let number = try #require(Double(parts[0]))
                var unit = 1.0
                for _ in 0..<power { unit *= base }
                let decimals = parts[0].split(separator: ".").dropFirst().first?.count ?? 0
                let lastDigit = [1.0, 0.1, 0.01][decimals]
                #expect(
                    abs(number - Double(bytes) / unit) <= lastDigit * 0.500_001,
                    "\(bytes) as \(text), seed \(random.seed)"
                )
                #expect(number < base, "\(bytes) as \(text), seed \(random.seed)")
            }
        }
    }
}
