// SPDX-License-Identifier: Apache-2.0
import Classification
import Feeds
import Foundation
import TestSupport
import Testing

@Suite struct FeedFileTests {
    private func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test func aFileIsOneEdition() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("ip-ranges.json")
        try write(Samples.aws, to: path)
        let found = try FeedFile(kind: .aws, path: path, validFrom: 7, givesScope: false).read()
        #expect(found.map(\.source) == [path])
        #expect(found.map(\.validFrom) == [7])
        #expect(found.map(\.givesScope) == [false])
    }

    @Test func aFolderHoldsEditions() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        for day in ["20260112", "20260105"] {
            try write(Samples.azure, to: directory.file("ServiceTags_Public_\(day).json"))
        }
        try write("not a feed", to: directory.file("README.txt"))
        let found = try FeedFile(kind: .azure, path: directory.path).read()
        #expect(found.map(\.validFrom) == [1_767_571_200_000_000_000, 1_768_176_000_000_000_000])
        let error = #expect(throws: FeedError.self) {
            try FeedFile(kind: .azure, path: directory.path, validFrom: 1).read()
        }
        #expect(error?.reason == "a folder of editions cannot begin at one time; name a file")
    }

    @Test func whatCannotBeReadIsNamed() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let missing = #expect(throws: FeedError.self) {
            try FeedFile(kind: .aws, path: directory.file("x.json")).read()
        }
        #expect(missing?.description == "\(directory.file("x.json")): there is no such file or folder")
        let empty = #expect(throws: FeedError.self) { try FeedFile(kind: .aws, path: directory.path).read() }
        #expect(empty?.reason == "the folder holds 0 files called *.json; 1 to 1000 can be used")
        try write("{", to: directory.file("bad.json"))
        let bad = #expect(throws: FeedError.self) { try FeedFile(kind: .aws, path: directory.path).read() }
        #expect(bad?.source == directory.path + "/bad.json")
    }

    @Test(
        arguments: [
            ("2026-01-05", 1_767_571_200_000_000_000), ("2000-01-01", 946_684_800_000_000_000), ("1999-12-31", nil),
            ("2026-02-29", nil), ("2028-02-29", 1_835_395_200_000_000_000), ("20260105", nil), ("2026-1-5", nil),
            ("2026-01-05T00", nil), ("", nil), ("-026-01-05", nil),
        ] as [(String, Int64?)]
    )
    func days(text: String, expected: Int64?) {
        #expect(FeedFile.day(text) == expected)
    }
}
