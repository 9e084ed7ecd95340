// SPDX-License-Identifier: Apache-2.0
import Classification
import Feeds
import Logging
import Synchronization

/// The rules that hold now, and how they are exchanged while batches are classified.
///
/// A new configuration is read and checked whole before it takes effect, all at once. One that cannot be used changes
/// nothing but what ``status`` says. Whoever classifies takes ``rulebook`` once and uses that to the end.
final class LiveRules: Sendable {
    /// How the last attempts went.
    struct Status: Equatable, Sendable {
        /// When the rules that hold were loaded, in seconds since 1970-01-01T00:00:00Z.
        var loadedAt: Int64
        /// Why the latest configuration was not taken; `nil` if it was.
        var error: String?
        /// Configurations that replaced another.
        var successes: UInt64 = 0
        /// Configurations that could not be used.
        var failures: UInt64 = 0
    }

    private struct State: Sendable {
        var settings: ClassifierSettings
        var rulebook: Rulebook
        var status: Status
    }

    /// How the feeds that are loaded from a URL fare.
    let feeds = FeedStatuses()

    private let state: Mutex<State>
    private let clock: WallClock
    private let logger: Logger

    /// The rules of `settings`.
    ///
    /// - Throws: `FeedError` for a feed's file that cannot be used.
    init(_ settings: ClassifierSettings, clock: WallClock, logger: Logger) throws {
        let rulebook = try Rulebook(settings)
        state = Mutex(
            State(settings: settings, rulebook: rulebook, status: Status(loadedAt: clock.seconds))
        )
        self.clock = clock
        self.logger = logger
        warn(of: rulebook)
    }

    /// The rules that hold now.
    var rulebook: Rulebook {
        state.withLock { $0.rulebook }
    }

    /// The settings whose rules hold now.
    var settings: ClassifierSettings {
        state.withLock { $0.settings }
    }

    /// How the last attempts went.
    var status: Status {
        state.withLock { $0.status }
    }

    /// The feeds of these settings that have a URL, each URL once, and how they fare.
    var feedStatuses: [(feed: FeedFile, remote: FeedRemote, status: FeedStatuses.Status)] {
        var seen: Set<String> = []
        return settings.feeds.compactMap { feed in
            guard let remote = feed.remote, let status = feeds[feed],
                seen.insert("\(feed.kind) \(remote.url)").inserted
            else { return nil }
            return (feed, remote, status)
        }
    }

    /// Replaces the rules by those of the settings that `resolve` finds; keeps the old ones if that fails.
    func reload(_ resolve: () throws -> ClassifierSettings) {
        do {
            let settings = try resolve()
            let rulebook = try Rulebook(settings)
            let now = clock.seconds
            let old = state.withLock { state in
                let old = state.settings
                state.settings = settings
                state.rulebook = rulebook
                state.status.loadedAt = now
                state.status.error = nil
                state.status.successes += 1
                return old
            }
            logger.notice("the configuration was loaded again, and holds from now on")
            let pending = settings.keysThatNeedARestart(after: old)
            if !pending.isEmpty {
                logger.warning("a restart is needed for some settings", metadata: ["keys": "\(pending)"])
            }
            warn(of: rulebook)
        } catch {
            state.withLock { state in
                state.status.error = "\(error)"
                state.status.failures += 1
            }
            logger.error(
                "the configuration cannot be used, and the one before still holds",
                metadata: ["error": "\(error)"]
            )
        }
    }

    private func warn(of rulebook: Rulebook) {
        for warning in rulebook.warnings() { logger.warning("configuration: \(warning)") }
    }
}

extension ClassifierSettings {
    /// The keys whose values differ from those of `old` and are only read when the program starts.
    func keysThatNeedARestart(after old: ClassifierSettings) -> [String] {
        var keys: [String] = []
        if listen != old.listen { keys.append("listen") }
        if database != old.database { keys.append("database") }
        if kubernetes != old.kubernetes { keys.append("kubernetes") }
        if kubernetesCluster != old.kubernetesCluster { keys.append("kubernetes-cluster") }
        if kubernetesWait != old.kubernetesWait { keys.append("kubernetes-wait") }
        if kubernetesRetention != old.kubernetesRetention { keys.append("kubernetes-retention") }
        if kubernetesQuestions != old.kubernetesQuestions { keys.append("kubernetes-questions") }
        if commitInterval != old.commitInterval { keys.append("commit-interval") }
        if commitRows != old.commitRows { keys.append("commit-rows") }
        if maxBody != old.maxBody { keys.append("max-body") }
        if maxBodies != old.maxBodies { keys.append("max-bodies") }
        if logLevel != old.logLevel { keys.append("log-level") }
        if openCostMetrics != old.openCostMetrics { keys.append("opencost-metrics") }
        if exposure != old.exposure { keys.append("tls, access or limits of connections") }
        return keys
    }
}
