// SPDX-License-Identifier: Apache-2.0
import Queries
import TestSupport
import Testing

@Suite struct UsageQueryParametersTests {
    /// 2026-08-01T12:34:56Z.
    private static let now: Int64 = 1_785_587_696
    /// 2026-08-01T12:34:00Z.
    private static let thisMinute: Int64 = 1_785_587_640

    private func query(_ parameters: [(String, String)], now: Int64 = now) throws(QueryError) -> UsageQuery {
        try UsageQuery(parameters: QueryParameters(parameters.map { (name: $0.0, value: $0.1) }), now: now)
    }

    @Test func nothingAskedIsTheLastHour() throws {
        let query = try query([])
        #expect(query == UsageQuery(start: Self.thisMinute - 3600, end: Self.thisMinute + 60))
        #expect(query.order == .bytes)
        #expect(query.limit == nil)
    }

    @Test(
        arguments: [
            ("now", "-1h", thisMinute - 3600, thisMinute + 60),
            ("2026-08-01T12:34:56Z", "2026-08-01T12:34:55Z", thisMinute, thisMinute + 60),
            ("2026-08-01T12:34:00Z", "2026-08-01T12:33:00Z", thisMinute - 60, thisMinute),
            ("2026-08-01T12:34:00.5Z", "2026-08-01T12:33:59.9Z", thisMinute - 60, thisMinute + 60),
            ("2026-08-01T12:34:00.5Z", "2026-08-01T12:34:00Z", thisMinute, thisMinute + 60),
            ("2026-08-01T14:34:00+02:00", "2026-08-01", 1_785_542_400, thisMinute),
            ("-1m", "-30d", thisMinute - 2_592_000, thisMinute),
            ("2026-08-02", "2026-08-01", 1_785_542_400, 1_785_628_800),
        ] as [(String, String, Int64, Int64)]
    )
    func rangesAreWidenedToWholeMinutes(end: String, start: String, first: Int64, last: Int64) throws {
        let query = try query([("end", end), ("start", start)])
        #expect(query.start == first)
        #expect(query.end == last)
    }

    @Test func anEndAloneMeansTheHourBeforeIt() throws {
        let query = try query([("end", "2026-08-01")])
        #expect((query.start, query.end) == (1_785_538_800, 1_785_542_400))
        #expect(try self.query([("end", "1970-01-01T00:10:00Z")]).start == 0)
    }

    @Test func dimensionsGroupAndFilter() throws {
        let query = try query([
            ("group_by", "namespace,pod"), ("namespace", "shop,pay"), ("group_by", "scope"), ("namespace", "web"),
            ("network", ""), ("scope", "internet,unknown"), ("pod_uid", "a b"), ("step", "1h"), ("limit", "5"),
            ("order", "egress_bytes"), ("format", "csv"),
        ])
        #expect(query.groupBy == [.namespace, .pod, .scope])
        #expect(
            query.filters == [
                .namespace: ["shop", "pay", "web"], .network: [""], .scope: ["internet", "unknown"], .podUID: ["a b"],
            ]
        )
        #expect(query.step == 3600)
        #expect(query.limit == 5)
        #expect(query.order == .egressBytes)
    }

    @Test func everyDimensionIsAcceptedByItsName() throws {
        let names = Dimension.allCases.map(\.rawValue)
        #expect(try query([("group_by", names.joined(separator: ","))]).groupBy == Dimension.allCases)
        for dimension in Dimension.allCases {
            let value = dimension.values?.first ?? "x"
            #expect(try query([(dimension.rawValue, value)]).filters == [dimension: [value]])
        }
    }

    @Test(arguments: [
        ("stat", "-1h", "is not a parameter; accepted are start, end, step"),
        ("", "", "is not a parameter"),
        ("Start", "-1h", "is not a parameter"),
        ("start", "", "'' is not a time; accepted are RFC 3339"),
        ("start", "yesterday", "'yesterday' is not a time"),
        ("start", "-1y", "is not a time"),
        ("start", "1785587696", "is not a time"),
        ("end", "2026-08-01T12:00:00 02:00", "the + of an offset is written %2B"),
        ("start", "1969-12-31", "is before 1970"),
        ("start", "-100000d", "is before 1970"),
        ("start", "9999-01-01", "the range is empty"),
        ("start", "2026-08-02", "must be before end"),
        ("end", "1970-01-01", "the range is empty"),
        ("step", "90s", "whole minutes"),
        ("step", "0m", "whole minutes"),
        ("step", "3600", "whole minutes"),
        ("group_by", "namespace,,pod", "'' is not a dimension; accepted are cluster, node"),
        ("group_by", "", "'' is not a dimension"),
        ("group_by", "colour", "'colour' is not a dimension"),
        ("group_by", "pod,pod", "names pod twice"),
        ("scope", "lan", "'lan' is not accepted; choose from unknown, loopback, same_zone"),
        ("initiator", "client", "choose from unknown, pod, remote"),
        ("owner_kind", "", "choose from unattributed, pod, unit"),
        ("order", "size", "choose from group, bytes"),
        ("limit", "0", "accepted are 1 to 1000000"),
        ("limit", "1000001", "accepted are 1 to 1000000"),
        ("limit", "-5", "is not a limit"),
        ("limit", "99999999999999999999", "is not a limit"),
        ("format", "xml", "choose from json, csv, table"),
    ])
    func aWrongParameterIsNamed(name: String, value: String, reason: String) throws {
        let error = try #require(throws: QueryError.self) { _ = try query([(name, value)]) }
        #expect(error.parameter == name)
        #expect(error.detail.contains(reason), "\(error)")
        #expect(error.description.hasPrefix("'\(name)': "))
    }

    @Test(arguments: ["start", "end", "step", "order", "limit", "format"])
    func singleParametersMayNotBeRepeated(name: String) throws {
        let error = try #require(throws: QueryError.self) { _ = try query([(name, "1"), (name, "1")]) }
        #expect(error == QueryError(parameter: name, detail: "is given more than once; it takes one value"))
    }

    @Test func theNumberOfBucketsIsBounded() throws {
        let most = UsageQuery.mostBuckets * 60
        let start = UTCTime(secondsSinceEpoch: Self.thisMinute - most).description
        let end = UTCTime(secondsSinceEpoch: Self.thisMinute).description
        #expect(try query([("start", start), ("end", end), ("step", "1m")]).step == 60)
        let error = try #require(throws: QueryError.self) {
            _ = try query([("start", start), ("end", "now"), ("step", "1m")])
        }
        #expect(error.parameter == "step")
        #expect(error.detail.contains("at least 2m"), "\(error)")
        #expect(try query([("start", start), ("end", "now"), ("step", "2m")]).step == 120)
    }

    @Test func longInputIsNotEchoedWhole() throws {
        let error = try #require(throws: QueryError.self) {
            _ = try query([("start", String(repeating: "x", count: 100_000))])
        }
        #expect(error.description.count < 500)
    }

    /// On the first second of a minute too, `now` lies within a minute that has begun.
    @Test func nowIsInItsMinute() throws {
        let minute: Int64 = 1_785_587_700
        for second in 0..<60 as Range<Int64> {
            let query = try query([("start", "now")], now: minute + second)
            #expect(query.start == minute)
            #expect(query.end == minute + 60)
        }
    }

    /// Names and values from a soup of what the parser knows and what it does not: it answers, or names a parameter
    /// that was sent, and what it accepts is in range.
    @Test func noParametersTrap() {
        var random = SeededRandom()
        let words =
            ["start", "end", "step", "order", "limit", "format", "group_by", "", "now", "-1h", "-", "1m", "9999w"]
            + ["-315576000000s", "2026-08-01", "9999-12-31T23:59:59.9Z", "0000-01-01", "T12:00:00", "+23:59", "Z"]
            + [",", "namespace", "scope", "internet", "csv", "bytes", "\u{0}", "é", "\u{1f600}", "%", "'", "9"]
            + Dimension.allCases.map(\.rawValue)
        var accepted = 0
        for _ in 0..<20_000 {
            let parameters = (0..<Int.random(in: 0...4, using: &random))
                .map { _ in
                    (
                        name: words.randomElement(using: &random) ?? "",
                        value: (0..<Int.random(in: 0...3, using: &random))
                            .map { _ in words.randomElement(using: &random) ?? "" }.joined()
                    )
                }
            let now = Int64.random(in: 0...253_402_300_799, using: &random)
            do throws(QueryError) {
                let query = try UsageQuery(parameters: QueryParameters(parameters), now: now)
                accepted += 1
                #expect(query.start >= 0 && query.start < query.end, "\(parameters), seed \(random.seed)")
                #expect(query.start % 60 == 0 && query.end % 60 == 0, "\(parameters), seed \(random.seed)")
                #expect((query.step ?? 60) % 60 == 0, "\(parameters), seed \(random.seed)")
                _ = query.resolution
            } catch {
                let names = parameters.map(\.name)
                #expect(names.contains(error.parameter), "\(error), \(parameters), seed \(random.seed)")
            }
        }
        #expect(accepted > 1000, "seed \(random.seed)")
    }

    @Test func theFormatCanBeReadAlone() throws {
        #expect(try AnswerFormat(parameters: [("format", "csv"), ("start", "nonsense")]) == .csv)
        #expect(try AnswerFormat(parameters: [("start", "nonsense")]) == nil)
        let error = try #require(throws: QueryError.self) { _ = try AnswerFormat(parameters: [("format", "")]) }
        #expect(error.parameter == "format")
    }
}
