// SPDX-License-Identifier: Apache-2.0

/// A range that was asked for, fitted to the buckets that can be read.
struct QueryRange {
    /// First second; a multiple of 60.
    let start: Int64
    /// First second after the range; a multiple of 60.
    let end: Int64

    private let step: Step?
    private let horizon: TierHorizon

    /// The range from `start` to `end`, which is not empty.
    init(start: Moment, end: Moment, step: Step?, zone: Zone, horizon: TierHorizon) {
        func fitted(_ moment: Moment, _ wide: (Int64) -> Int64) -> Int64 {
            guard moment.isRelative, let step else { return wide(moment.seconds) }
            return max(0, step.floor(moment.seconds.floored(toMultipleOf: 60), in: zone))
        }
        let wholeEnd = (end.hasFraction ? end.seconds + 1 : end.seconds).raised(toMultipleOf: 60)
        var first = fitted(start) { $0.floored(toMultipleOf: 60) }
        var last = fitted(end) { _ in wholeEnd }
        // Two moments within one bucket, or an end that is asked for at once.
        if last <= first { last = max(wholeEnd, first + 60) }
        // What is older than a tier reaches is there in wider buckets only.
        first = first.floored(toMultipleOf: horizon.finest(at: first).seconds)
        last = last.raised(toMultipleOf: horizon.finest(at: last - 1).seconds)
        (self.start, self.end) = (first, last)
        self.step = step
        self.horizon = horizon
    }

    /// Where the buckets begin; empty without a step.
    ///
    /// - Throws: An error about `step` if there are too many buckets, or if they cannot be told apart any more.
    func starts(_ zone: Zone) throws(QueryError) -> [Int64] {
        guard let step else { return [] }
        guard (end - start - 1) / step.roughSeconds < UsageQuery.mostBuckets else {
            let most = UsageQuery.mostBuckets
            let least = ((end - start + most - 1) / most).raised(toMultipleOf: 60)
            throw QueryError(
                parameter: "step",
                detail: "\(step.text) cuts the range into more than \(most) buckets; "
                    + "for this range it must be at least \(DurationText.text(seconds: least))"
            )
        }
        let starts = step.starts(from: start, to: end, in: zone, most: UsageQuery.mostBuckets + 2)
        for start in starts {
            let finest = horizon.finest(at: max(0, start - 1))
            guard start % finest.seconds == 0 else {
                throw QueryError(
                    parameter: "step",
                    detail: "a bucket would begin at \(UTCTime(secondsSinceEpoch: start)), and of that time only whole "
                        + "\(finest.rawValue)s (UTC) are kept; hours are kept from "
                        + "\(UTCTime(secondsSinceEpoch: horizon.hour)) and minutes from "
                        + "\(UTCTime(secondsSinceEpoch: horizon.minute)). Ask for wider steps"
                        + (zone.name == Zone.utc.name ? "" : ", with tz=UTC,")
                        + " or for a later start, or have the classifier keep them longer (--keep-hours, --keep-minutes)"
                )
            }
        }
        return starts
    }
}
