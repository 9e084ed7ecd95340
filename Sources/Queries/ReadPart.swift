// SPDX-License-Identifier: Apache-2.0

/// A part of a range, and the tier that it is read from.
public struct ReadPart: Hashable, Sendable {
    /// Whose buckets are read.
    public var resolution: Resolution
    /// First second of the part, since 1970-01-01T00:00:00Z; a multiple of the resolution's width.
    public var start: Int64
    /// First second after the part; a multiple of the resolution's width.
    public var end: Int64

    /// The part from `start` to `end`.
    public init(resolution: Resolution, start: Int64, end: Int64) {
        self.resolution = resolution
        self.start = start
        self.end = end
    }

    /// The fewest parts that tile a range exactly, oldest first: days in the middle, hours and minutes at the borders.
    ///
    /// - Parameters:
    ///   - start: First second of the range; a multiple of 60.
    ///   - end: First second after it; a multiple of 60.
    static func tiling(_ start: Int64, _ end: Int64) -> [ReadPart] {
        var parts: [ReadPart] = []
        tile(start, end, by: Resolution.widestFirst[...], into: &parts)
        return parts
    }

    private static func tile(
        _ start: Int64,
        _ end: Int64,
        by tiers: ArraySlice<Resolution>,
        into parts: inout [ReadPart]
    ) {
        guard start < end, let tier = tiers.first else { return }
        let first = start.raised(toMultipleOf: tier.seconds)
        let last = end.floored(toMultipleOf: tier.seconds)
        guard first < last else { return tile(start, end, by: tiers.dropFirst(), into: &parts) }
        tile(start, first, by: tiers.dropFirst(), into: &parts)
        if let previous = parts.last, previous.resolution == tier, previous.end == first {
            parts[parts.count - 1].end = last
        } else {
            parts.append(ReadPart(resolution: tier, start: first, end: last))
        }
        tile(last, end, by: tiers.dropFirst(), into: &parts)
    }
}

extension UsageQuery {
    /// The parts of the range in the order of time, each with the widest tier that answers it exactly.
    public var parts: [ReadPart] {
        var parts: [ReadPart] = []
        for bucket in buckets {
            for part in ReadPart.tiling(bucket.lowerBound, bucket.upperBound) {
                if let last = parts.last, last.resolution == part.resolution, last.end == part.start {
                    parts[parts.count - 1].end = part.end
                } else {
                    parts.append(part)
                }
            }
        }
        return parts
    }

    /// The buckets of the answer, oldest first.
    var buckets: [Range<Int64>] {
        if let step {
            return stride(from: start, to: end, by: Int(step)).map { $0..<min($0 + step, end) }
        }
        guard let calendar else { return [start..<end] }
        return zip(calendar.starts, calendar.starts.dropFirst() + [end]).map { $0..<$1 }
    }
}

extension UsageQuery {
    /// How many buckets the answer has at most.
    public var bucketCount: Int {
        guard let step else { return calendar?.starts.count ?? 1 }
        return Int((end - start + step - 1) / step)
    }

    /// The query about the buckets with these indices alone, of which there is one at least.
    public func slice(_ indices: Range<Int>) -> UsageQuery {
        var slice = self
        if let step {
            slice.start = start + Int64(indices.lowerBound) * step
            slice.end = min(end, start + Int64(indices.upperBound) * step)
            // The slice's period before is a slice of the query's, not what is just before the slice.
            let before = previous
            let first = min(before.end, before.start + Int64(indices.lowerBound) * step)
            slice.previousRange = first..<min(before.end, before.start + Int64(indices.upperBound) * step)
        } else if let starts = calendar?.starts {
            slice.start = starts[indices.lowerBound]
            slice.end = indices.upperBound < starts.count ? starts[indices.upperBound] : end
            slice.calendar?.starts = Array(starts[indices])
            if let before = previousCalendar?.starts {
                slice.previousCalendar?.starts = Array(before[indices])
                let end = indices.upperBound < before.count ? before[indices.upperBound] : start
                slice.previousRange = before[indices.lowerBound]..<end
            }
        }
        return slice
    }

    /// For each bucket of ``previous``, by its start, the start of the bucket that it stands for.
    public var placesOfPrevious: [Int64: Int64] {
        Dictionary(zip(previous.buckets, buckets).map { ($0.lowerBound, $1.lowerBound) }) { first, _ in first }
    }
}

extension Resolution {
    static let widestFirst: [Resolution] = [.day, .hour, .minute]
}

extension Int64 {
    /// The largest multiple of `unit`, which is greater than zero, that is not above this number.
    func floored(toMultipleOf unit: Int64) -> Int64 {
        flooredQuotient(unit) * unit
    }

    /// The least multiple of `unit`, which is greater than zero, that is not below this number.
    func raised(toMultipleOf unit: Int64) -> Int64 {
        -(-self).flooredQuotient(unit) * unit
    }
}
