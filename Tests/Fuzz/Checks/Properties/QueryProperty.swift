// SPDX-License-Identifier: Apache-2.0
import Queries

/// A question is refused with the name of a parameter, or it is about a range of whole minutes.
enum QueryProperty {
    /// 2026-03-04T10:00:30Z.
    private static let now: Int64 = 1_772_618_430

    static func check(_ bytes: [UInt8]) throws(FuzzFailure) {
        let pairs = String(decoding: bytes, as: UTF8.self).split(separator: "&")
            .map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return (name: parts[0], value: parts.count > 1 ? parts[1] : "")
            }
        for visibility in [Visibility.everything, .namespaces(["shop"])] {
            let parameters = QueryParameters(pairs, visibility: visibility)
            try check { () throws(QueryError) in try UsageQuery(parameters: parameters, now: now) }
            try refuses { () throws(QueryError) in _ = try DiffQuery(parameters: parameters, now: now) }
            try refuses { () throws(QueryError) in _ = try ExplainQuery(parameters: parameters, now: now) }
        }
    }

    private static func check(_ parse: () throws(QueryError) -> UsageQuery) throws(FuzzFailure) {
        var parsed: UsageQuery?
        try refuses { () throws(QueryError) in parsed = try parse() }
        guard let query = parsed else { return }
        let isWhole = query.start.isMultiple(of: 60) && query.end.isMultiple(of: 60)
        try FuzzFailure.unless(isWhole && query.start < query.end, "a range of \(query.start)..<\(query.end)")
        if let step = query.step {
            try FuzzFailure.unless(step > 0 && step.isMultiple(of: 60), "a step of \(step)")
            let buckets = (query.end - query.start - 1) / step + 1
            try FuzzFailure.unless(buckets <= UsageQuery.mostBuckets, "\(buckets) buckets")
        }
        if let limit = query.limit {
            try FuzzFailure.unless((1...UsageQuery.largestLimit).contains(limit), "limit \(limit)")
        }
        try FuzzFailure.unless(Set(query.groupBy).count == query.groupBy.count, "a dimension twice")
    }

    private static func refuses(_ parse: () throws(QueryError) -> Void) throws(FuzzFailure) {
        do {
            try parse()
        } catch {
            try FuzzFailure.unless(!error.detail.isEmpty, "a refusal without a reason")
        }
    }
}
