// SPDX-License-Identifier: Apache-2.0

/// A time zone: how far its clocks are ahead of UTC at any instant.
public struct Zone: Sendable {
    /// Its name in the time zone database, such as `Europe/Berlin`.
    public let name: String
    private let offset: @Sendable (Int64) -> Int64

    /// UTC itself.
    public static let utc = Zone(name: "UTC") { _ in 0 }

    /// - Parameters:
    ///   - name: Its name in the time zone database.
    ///   - offset: For an instant, in seconds since 1970-01-01T00:00:00Z, the seconds that local time is ahead.
    public init(name: String, offset: @escaping @Sendable (Int64) -> Int64) {
        self.name = name
        self.offset = offset
    }

    /// What a clock of the zone shows at `instant`, as if it showed UTC.
    func local(_ instant: Int64) -> Int64 {
        instant + offset(instant)
    }

    /// The first instant at which a clock of the zone shows `local` or, if it skips that, what comes after.
    func instant(ofLocal local: Int64) -> Int64 {
        let offsets = [offset(local - 86_400), offset(local + 86_400)]
        let earliest = local - max(offsets[0], offsets[1])
        let latest = local - min(offsets[0], offsets[1])
        if earliest == latest || self.local(earliest) == local { return earliest }
        if self.local(latest) == local { return latest }
        // In a gap, or near a change that is not within a day of either look: local time grows in between.
        var (low, high) = (earliest, latest)
        while low < high {
            let middle = low + (high - low) / 2
            if self.local(middle) < local { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The start of the local day that is `days` after the one `instant` is in.
    func startOfDay(_ instant: Int64, plus days: Int64 = 0) -> Int64 {
        self.instant(ofLocal: local(instant).floored(toMultipleOf: 86_400) + days * 86_400)
    }

    /// The start of the local month that is `months` after the one `instant` is in.
    func startOfMonth(_ instant: Int64, plus months: Int64 = 0) -> Int64 {
        let day = UTCTime(secondsSinceEpoch: local(instant))
        let month = day.year * 12 + day.month - 1 + months
        let year = month.flooredQuotient(12)
        // Years beyond what a time can be written in are not reached by ranges that can.
        guard let first = UTCTime(year: year, month: month - year * 12 + 1, day: 1) else { return instant }
        return self.instant(ofLocal: first.secondsSinceEpoch)
    }

    /// The instant `months` before `instant`, at the same local time of the same day, or of the month's last.
    func monthsBefore(_ instant: Int64, _ months: Int64) -> Int64 {
        let month = startOfMonth(instant, plus: -months)
        let next = startOfMonth(instant, plus: 1 - months)
        let since = local(instant) - local(startOfMonth(instant))
        return min(self.instant(ofLocal: local(month) + since), next - 60)
    }
}
