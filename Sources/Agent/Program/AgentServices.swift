// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import Logging
import ServiceLifecycle
import Settings

/// Runs the sampling loop until shutdown begins; returns after its last drain.
struct SamplingService: Service {
    let loop: SamplingLoop

    func run() async throws {
        await cancelWhenGracefulShutdown { await loop.run() }
    }
}

/// Gives back what only the start needed, once the first batches are on their way.
struct StartupPagesService: Service {
    let delay: Duration
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: delay) }
            try StartupPages.release()
        } catch is CancellationError {
            return
        } catch {
            logger.debug("The code of the start stays in memory", metadata: ["error": "\(error)"])
        }
        try await gracefulShutdown()
    }
}

/// Runs the uploader; once shutdown has begun, for a bounded time, or until a second signal.
///
/// It ends after the last drain was stored, so what it leaves behind waits in the spool, if there is one.
struct UploadService: Service {
    let uploader: Uploader
    let shutdownTimeout: Duration
    let secondSignal: SecondSignal

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await uploader.run() }
            group.addTask {
                do {
                    try await gracefulShutdown()
                    try await Task.sleep(for: shutdownTimeout)
                } catch {
                    // The uploader was done first, or the program is being torn down.
                }
            }
            group.addTask { await secondSignal.wait() }
            await group.next()
            group.cancelAll()
        }
        // The queue is closed before this service is told to end; to return earlier would be taken for a failure.
        // It throws if the task is cancelled, which ends it as well.
        try? await gracefulShutdown()
    }
}

/// Answers scrapes and probes.
struct HTTPService: Service {
    let routes: AgentRoutes
    let listen: ListenAddress
    let logger: Logger

    func run() async throws {
        var logger = logger
        // Its own reports of each connection are of no use to an operator.
        logger.logLevel = max(logger.logLevel, .notice)
        let application = Application(
            router: routes.router(),
            configuration: ApplicationConfiguration(
                address: .hostname(listen.host, port: listen.port),
                serverName: "netledger-agent"
            ),
            logger: logger
        )
        do {
            try await application.run()
        } catch {
            throw AgentError(
                "The agent's own HTTP on \(listen) failed: \(error). "
                    + "If the address is in use or not this host's, choose another with --listen."
            )
        }
    }
}
