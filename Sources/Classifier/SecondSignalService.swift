// SPDX-License-Identifier: Apache-2.0
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// Ends the process at once when somebody insists: at a second SIGTERM or SIGINT.
///
/// Nothing is lost by that. What was answered is durable, and what was not is sent again by its agent.
struct SecondSignalService: Service {
    /// Receives the last line.
    let logger: Logger

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        await cancelWhenGracefulShutdown {
            var count = 0
            for await _ in signals {
                count += 1
                guard count == 2 else { continue }
                logger.notice("told twice to stop; leaving at once")
                _exit(0)
            }
        }
    }
}
