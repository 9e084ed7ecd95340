// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Sets the time of day forward and back for the programs that it is put before, and for no other.
///
/// The library of `faketime` does it: the kernel can give a process other monotonic clocks, but no other time of day.
public final class ClockShift: Sendable {
    private static let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"

    /// True if the library is there.
    public static var isAvailable: Bool {
        FileManager.default.fileExists(atPath: library)
    }

    /// Goes past the library where it moves timers of the monotonic clock together with the time of day.
    ///
    /// A program whose clock is set back would wait that much longer for each; with a real clock it does not.
    private static let timers = """
        #include <sys/syscall.h>
        #include <sys/timerfd.h>
        #include <unistd.h>
        int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old) {
            return (int)syscall(SYS_timerfd_settime, fd, flags, value, old);
        }
        """

    private let folder: TemporaryDirectory

    /// A clock that is right.
    ///
    /// - Throws: What the file system or the compiler of C says.
    public init() throws {
        folder = try TemporaryDirectory()
        try set(seconds: 0)
        guard Self.isAvailable else { return }
        try Self.timers.write(toFile: folder.file("timers.c"), atomically: true, encoding: .utf8)
        try Shell.run(["clang", "-shared", "-fPIC", "-o", folder.file("timers.so"), folder.file("timers.c")])
    }

    deinit {
        folder.remove()
    }

    /// What comes before a command, so that it has this clock.
    public var prefix: [String] {
        guard Self.isAvailable else { return [] }
        return [
            "env", "LD_PRELOAD=\(folder.file("timers.so")):\(Self.library)",
            "FAKETIME_TIMESTAMP_FILE=\(folder.file("shift"))",
            "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_RESET=1",
            // The library's first process moves its environment, and Swift finds its arguments beside it: so that is
            // another program, which then becomes the one that is meant.
            "env",
        ]
    }

    /// Makes the clock differ by so many seconds from the host's, within a second of now.
    ///
    /// - Throws: What the file system says.
    public func set(seconds: Int) throws {
        // Whole or not at all: a program may be reading it.
        try "\(seconds < 0 ? "-" : "+")\(seconds.magnitude)\n"
            .write(toFile: folder.file("shift"), atomically: true, encoding: .utf8)
    }
}
