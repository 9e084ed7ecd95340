// SPDX-License-Identifier: Apache-2.0
import Feeds
import Identity
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Loads the configuration again on SIGHUP, and when its file, the price book or a feed's file changes.
///
/// A folder of feeds counts as changed when a file in it is added, removed or replaced.
final class Reloader: Service {
    /// The configuration file; `nil` if there is none to load again.
    let path: String?
    /// Reads the settings as at the start, from flags, environment and file.
    let resolve: @Sendable () throws -> ClassifierSettings
    /// What is replaced.
    let rules: LiveRules
    /// How often the files are looked at.
    let period = Duration.seconds(1)

    /// The stamps at the last attempt.
    private let seen: Mutex<[String: FileStamp?]>

    /// Watches the file at `path` and the feeds of the settings that hold in `rules`.
    init(path: String?, resolve: @escaping @Sendable () throws -> ClassifierSettings, rules: LiveRules) {
        self.path = path
        self.resolve = resolve
        self.rules = rules
        seen = Mutex(Self.stamps(path: path, rules: rules))
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { self.reload() }
                }
                group.addTask {
                    // Ends when it is cancelled.
                    while (try? await Task.sleep(for: self.period)) != nil { self.reloadIfChanged() }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Loads the configuration again.
    func reload() {
        // Taken before, so that what changes meanwhile is loaded the next time.
        let before = Self.stamps(path: path, rules: rules)
        rules.reload(resolve)
        seen.withLock { seen in
            // Files that the new configuration names for the first time have just been read.
            seen = Self.stamps(path: path, rules: rules)
            for (path, stamp) in before where seen.keys.contains(path) { seen.updateValue(stamp, forKey: path) }
        }
    }

    /// Loads the configuration again if a file differs from what it was at the last attempt.
    func reloadIfChanged() {
        let stamps = Self.stamps(path: path, rules: rules)
        if seen.withLock({ $0 != stamps }) { reload() }
    }

    /// The stamps of the files that the settings which hold were read from.
    private static func stamps(path: String?, rules: LiveRules) -> [String: FileStamp?] {
        let settings = rules.settings
        let paths = [path, settings.pricesPath].compactMap { $0 } + settings.feeds.map(\.path)
        var stamps: [String: FileStamp?] = [:]
        for path in paths { stamps.updateValue(FileStamp(path: path), forKey: path) }
        return stamps
    }
}
