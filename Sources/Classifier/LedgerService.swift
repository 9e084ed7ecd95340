// SPDX-License-Identifier: Apache-2.0
import Ledger
import Logging
import ServiceLifecycle

/// Closes the ledger after the server has answered its last request.
///
/// Services stop in the reverse of their order, and Hummingbird puts its server after the application's own
/// services; so this one is told to stop when no request is running.
struct LedgerService: Service {
    /// What is closed.
    let ledger: Ledger
    /// Receives the last line.
    let logger: Logger

    func run() async throws {
        // It throws if the task is cancelled: the server could not start, or did not stop in time. That error is
        // told by whoever caused it, and the ledger is closed all the same.
        try? await gracefulShutdown()
        // In a task of its own, which is not cancelled: what waits for a commit is booked and answered first.
        await Task { await ledger.close() }.value
        let activity = ledger.activity()
        logger.info(
            "stopped; the ledger is closed",
            metadata: [
                "applied": "\(activity.applied)", "duplicate": "\(activity.duplicates)",
                "commits": "\(activity.commits)",
            ]
        )
    }
}
