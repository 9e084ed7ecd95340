// SPDX-License-Identifier: Apache-2.0
import Queries

/// What of a query's range can be read, from which tiers, and what was pruned.
struct Reading {
    /// What is read, oldest first.
    private(set) var parts: [ReadPart] = []
    /// What cannot be read any more, oldest first.
    private(set) var missing: [UsageFacts.Span] = []

    /// The reading of `query` from a ledger that keeps what `horizon` says.
    init(_ query: UsageQuery, horizon: TierHorizon) {
        for part in query.parts {
            let kept = horizon[part.resolution]
            if part.start < kept {
                let end = min(part.end, kept)
                if let last = missing.last, last.end == part.start {
                    missing[missing.count - 1].end = end
                } else {
                    missing.append(UsageFacts.Span(start: part.start, end: end))
                }
            }
            if part.end > kept {
                parts.append(ReadPart(resolution: part.resolution, start: max(part.start, kept), end: part.end))
            }
        }
    }

    /// The parts without their resolutions, as few as they are then.
    var spans: [UsageFacts.Span] {
        parts.reduce(into: []) { spans, part in
            if let last = spans.last, last.end == part.start {
                spans[spans.count - 1].end = part.end
            } else {
                spans.append(UsageFacts.Span(start: part.start, end: part.end))
            }
        }
    }
}
