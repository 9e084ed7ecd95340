// SPDX-License-Identifier: Apache-2.0
import Foundation
import Pricing
import Testing
import Traffic

@testable import Settings

@Suite struct PriceBookTests {
    private static let head = "name: b\ncurrency: USD\nfrom: 2026-01-01\nuntil: 2027-01-01\nlines:\n"

    @Test func aWholeBookIsRead() throws {
        let book = try PriceBook(
            path: "b.yaml",
            text: """
                name: production
                currency: EUR
                from: 2026-01-01
                provider: AWS
                source: https://example.com/prices
                retrieved: 2026-02-03
                example: true
                lines:
                  - name: nat
                    charge: nat
                    where: {scope: internet, initiator: [pod], network: ["aws-*", office]}
                    except: {network: aws-s3/*}
                    direction: both
                    per: GiB
                    prices:
                      - {price: 0.045, until: 2026-07-01}
                      - {from: 2026-07-01, price: 0.05, per: GB}
                  - name: egress
                    charge: internet
                    direction: egress
                    per: GB
                    tiers:
                      - {up-to: 100 GB, price: 0}
                      - {from: 100 GB, up-to: 10 TiB, price: 0.09}
                      - {price: 0.085}
                """
        )
        #expect(book.name == "production")
        #expect(book.currency == "EUR")
        #expect(book.isExample)
        #expect(book.end == nil)
        #expect(book.retrieved == "2026-02-03")
        #expect(book.charges == ["nat", "internet"])
        #expect(book.fingerprint.count == 64)
        let nat = book.lines[0]
        #expect(nat.directions == [.egress, .ingress])
        #expect(nat.prices.map(\.end) == [1_782_864_000, nil])
        #expect(nat.tariff(at: 1_782_863_999)?.unit == .gibibyte)
        #expect(nat.tariff(at: 1_782_864_000) == Tariff(unit: .gigabyte, price: try #require(Price("0.05"))))
        #expect(nat.condition.values["network"] == [NamePattern("aws-*"), NamePattern("office")])
        #expect(nat.condition.exceptions["network"] == [NamePattern("aws-s3/*")])
        #expect(book.lines[1].prices[0].tariff.tiers.map(\.above) == [0, 100_000_000_000, 10 << 40])
    }

    @Test(
        arguments: [
            (
                "- {name: a, charge: c, direction: both, per: GB, price: -1}",
                ":6: lines[0].price: \"-1\" is not a price"
            ),
            ("- {name: a, charge: c, direction: both, per: GB, price: 1e3}", "is not a price"),
            ("- {name: a, charge: c, direction: both, per: gb, price: 1}", "is not GB (10^9 bytes) or GiB"),
            ("- {name: a, charge: c, direction: both, price: 1}", "needs per"),
            ("- {name: a, charge: c, per: GB, price: 1}", "and a direction"),
            ("- {name: a, charge: c, direction: both, per: GB}", "either price"),
            ("- {name: a, charge: c, direction: both, per: GB, price: 1, tiers: [{price: 1}]}", "either price"),
            ("- {name: a, charge: c, direction: both, per: GB, prce: 1}", "did you mean price?"),
            (
                "- {name: a, charge: c, where: {scop: internet}, direction: both, per: GB, price: 1}",
                "did you mean scope?"
            ),
            ("- {name: a, charge: c, where: {scope: intranet}, direction: both, per: GB, price: 1}", "is no scope"),
            ("- {name: a, charge: c, where: {scope: []}, direction: both, per: GB, price: 1}", "leave the key out"),
            (
                "- {name: a, charge: c, direction: both, per: GB, tiers: [{up-to: 1 GB, price: 1}, {from: 2 GB, price: 1}]}",
                "there is a gap: the tier before ends at 1000000000 bytes"
            ),
            (
                "- {name: a, charge: c, direction: both, per: GB, tiers: [{up-to: 2 GB, price: 1}, {from: 1 GB, price: 1}]}",
                "it overlaps the tier before"
            ),
            (
                "- {name: a, charge: c, direction: both, per: GB, tiers: [{up-to: 2 GB, price: 1}, {up-to: 1 GB, price: 1}, "
                    + "{price: 1}]}",
                "not above its start"
            ),
            (
                "- {name: a, charge: c, direction: both, per: GB, tiers: [{up-to: -2 GB, price: 1}]}",
                "is not a number of"
            ),
            (
                "- {name: a, charge: c, direction: both, per: GB, tiers: [{up-to: 2 GB, price: 1}]}",
                "no tier holds above"
            ),
            ("- {name: a, charge: c, direction: both, per: GB, tiers: [{price: 1}, {price: 1}]}", "never reached"),
            ("- {name: a, charge: c, direction: both, per: GB, tiers: []}", "the list of tiers is empty"),
            (
                "- {name: a, charge: c, direction: both, per: GB, prices: [{price: 1, until: 2026-03-01}, "
                    + "{from: 2026-04-01, price: 2}]}",
                "there is a gap: no price holds from 2026-03-01 to before 2026-04-01"
            ),
            (
                "- {name: a, charge: c, direction: both, per: GB, prices: [{price: 1, until: 2026-05-01}, "
                    + "{from: 2026-04-01, price: 2}]}",
                "both hold from 2026-04-01 to before 2026-05-01"
            ),
            (
                "- {name: a, charge: c, direction: both, per: GB, prices: [{from: 2025-12-31, price: 1}]}",
                "outside the book's own dates"
            ),
            (
                "- {name: a, charge: c, direction: both, per: GB, prices: [{from: 2026-02-03, tiers: [{price: 1}]}]}",
                "must begin and end on the first day of one"
            ),
            (
                "- {name: a, charge: c, direction: both, per: GB, price: 1}\n"
                    + "- {name: a, charge: d, direction: both, per: GB, price: 1}",
                ":7: lines[1]: the name a is taken by b.yaml:6"
            ),
            (
                "- {name: a, charge: c, direction: both, per: GB, price: 1}\n"
                    + "- {name: b, charge: c, where: {scope: internet}, direction: egress, per: GB, price: 1}",
                "b overlaps a at b.yaml:6"
            ),
            ("[]", "has no lines"),
        ] as [(String, String)]
    )
    func whatIsWrongIsNamedWithItsLine(lines: String, reason: String) throws {
        let text = Self.head + lines.split(separator: "\n").map { "  \($0)\n" }.joined()
        let error = #expect(throws: SettingsError.self) { try PriceBook(path: "b.yaml", text: text) }
        let description = try #require(error).description
        #expect(description.hasPrefix("b.yaml:"))
        #expect(description.contains(reason), "\(description)")
    }

    @Test func linesOfOneChargeMayShareNothing() throws {
        let text =
            Self.head + """
                  - {name: a, charge: c, where: {network: office}, direction: both, per: GB, price: 1}
                  - {name: b, charge: c, except: {network: [office]}, direction: both, per: GB, price: 1}
                """
        // A pattern that is excepted covers the other line's value.
        #expect(try PriceBook(path: "b.yaml", text: text).lines.count == 2)
    }

    @Test func theExamplesCanBeUsedAndSayThatTheyAreExamples() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../deploy/prices").standardizedFileURL
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
        #expect(files.count == 3)
        for file in files {
            let book = try PriceBook(path: folder.appendingPathComponent(file).path)
            #expect(book.isExample)
            #expect(file.hasSuffix(".example.yaml"))
            #expect(!book.source.isEmpty && !book.retrieved.isEmpty)
        }
    }
}
