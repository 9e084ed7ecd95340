// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The right to meter, which one test of the whole machine holds at a time.
///
/// Suites run in parallel, and so may test processes; two meters would not disturb each other, but the load of
/// one would make the deadlines of the other meaningless. The lock is an advisory lock on a file: the kernel
/// gives it back when the process ends, however it ends.
public final class MachineLock: Sendable {
    private static let path = "/tmp/netledger-test.lock"

    private let descriptor: Int32

    /// Waits for the lock and takes it; it is released when this object ends.
    ///
    /// - Throws: ``DeadlineError`` if others keep it for `limit`, ``LaunchError`` if the file cannot be opened.
    public init(within limit: Duration = .seconds(900)) async throws {
        let descriptor = open(Self.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw LaunchError("cannot open \(Self.path): \(String(cString: strerror(errno)))")
        }
        self.descriptor = descriptor
        try await waitUntil("\(Self.path) is free", within: limit) { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
    }

    deinit {
        close(descriptor)
    }
}
