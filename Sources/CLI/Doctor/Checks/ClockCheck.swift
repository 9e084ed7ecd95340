// SPDX-License-Identifier: Apache-2.0
import Glibc
import Queries

/// Whether the clock can date what is counted.
struct ClockCheck: Check {
    /// Seconds since 1970 in UTC.
    var now: Int64
    /// Seconds since the kernel started, sleep included.
    var uptime: Int64

    /// Start of 2025 in UTC: before it this program was not there.
    private static let earliest: Int64 = 1_735_689_600
    /// Start of 2100 in UTC.
    private static let latest: Int64 = 4_102_444_800

    static func read() -> ClockCheck {
        ClockCheck(now: seconds(CLOCK_REALTIME), uptime: seconds(CLOCK_BOOTTIME))
    }

    private static func seconds(_ clock: CInt) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec)
    }

    var findings: [Finding] {
        let time = UTCTime(secondsSinceEpoch: now)
        guard (Self.earliest..<Self.latest).contains(now) else {
            return [
                .fail(
                    "clock",
                    "it says \(time)",
                    next:
                        "Set it (timedatectl, chronyd): the ledger books bytes under the time of counting."
                )
            ]
        }
        return [.ok("clock", "\(time), \(uptime / 3600) h \(uptime / 60 % 60) min after the kernel started")]
    }
}
