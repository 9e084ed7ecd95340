// SPDX-License-Identifier: Apache-2.0
import Identity
import Logging
import ServiceLifecycle
import Settings
import Synchronization

/// Reads the access file, certificates and keys again when they change.
///
/// What cannot be used changes nothing: what was read before still holds, until the files change again.
final class AccessReloader: Service {
    /// How the attempts went.
    struct Status: Equatable, Sendable {
        /// Why the files on disk are not in use; `nil` if they are.
        var error: String?
        /// Times that files were taken.
        var successes: UInt64 = 0
        /// Times that files could not be used.
        var failures: UInt64 = 0
    }

    /// How often the files are looked at.
    private static let period = Duration.seconds(1)

    private struct State: Sendable {
        var files: WatchedFiles
        var status = Status()
    }

    private let path: String?
    private let gate: Gatekeeper
    private let tls: ServerTLS?
    private let check: @Sendable (AccessRules) throws(SettingsError) -> Void
    private let logger: Logger
    private let state: Mutex<State>

    /// Keeps `gate` to the access file at `path`, and `tls` to its files.
    ///
    /// - Parameter check: Throws for rules that these settings cannot serve.
    init(
        path: String?,
        gate: Gatekeeper,
        tls: ServerTLS?,
        check: @escaping @Sendable (AccessRules) throws(SettingsError) -> Void,
        logger: Logger
    ) {
        self.path = path
        self.gate = gate
        self.tls = tls
        self.check = check
        self.logger = logger
        state = Mutex(State(files: WatchedFiles((path.map { [$0] } ?? []) + (tls?.files.paths ?? []))))
    }

    /// How the attempts went so far.
    var status: Status {
        state.withLock { $0.status }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Ends when it is cancelled.
            while (try? await Task.sleep(for: Self.period)) != nil { self.reloadIfChanged() }
        }
    }

    /// Reads the files again if one differs from what it was at the last attempt.
    func reloadIfChanged() {
        guard state.withLock({ $0.files.haveChanged() }) else { return }
        do {
            let rules = try path.map { path throws(SettingsError) in try AccessRules(path: path) }
            if let rules { try check(rules) }
            // Both or neither: what a rule asks for must be what the handshake asks for.
            try tls?.reload()
            if let rules { gate.replace(rules) }
            state.withLock { state in
                state.status.error = nil
                state.status.successes += 1
            }
            logger.notice("certificates and access were loaded again, and hold for new connections and requests")
        } catch {
            state.withLock { state in
                state.status.error = "\(error)"
                state.status.failures += 1
            }
            logger.error(
                "certificates or access cannot be used, and what was loaded before still holds",
                metadata: ["error": "\(error)"]
            )
        }
    }
}
