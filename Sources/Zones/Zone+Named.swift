// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Queries

extension Zone {
    /// The zone that the time zone database calls `name`, or `nil` if it has none.
    public static func named(_ name: String) -> Zone? {
        // Foundation takes abbreviations and offsets, too, and they mean different things to different people.
        guard name == "UTC" || name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
        return Zone(name: name) { second in
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(second))))
        }
    }
}
