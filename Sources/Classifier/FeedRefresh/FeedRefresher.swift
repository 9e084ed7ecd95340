// SPDX-License-Identifier: Apache-2.0
import Feeds
import Foundation
import Logging
import ServiceLifecycle

/// Loads the feeds that have a URL into their folders, from where they become rules like any other file.
///
/// A document that cannot be had or used changes nothing: the editions in the folder stay, the log and
/// ``FeedStatuses`` say why, and it is tried again, later each time.
struct FeedRefresher: Service {
    /// Names the feeds, and holds what is told of them.
    let rules: LiveRules
    /// The time of day.
    let clock: WallClock
    /// Receives what changed and what failed.
    let logger: Logger

    /// How often the feeds are looked at.
    private static let period = Duration.seconds(1)

    func run() async throws {
        let download = FeedDownload()
        await cancelWhenGracefulShutdown {
            // Ends when it is cancelled.
            repeat { await refreshWhatIsDue(from: download) } while (try? await Task.sleep(for: Self.period)) != nil
        }
        try await download.shutdown()
    }

    /// Asks for each feed whose time has come, one after the other.
    func refreshWhatIsDue(from download: FeedDownload) async {
        for feed in rules.settings.feeds {
            guard let remote = feed.remote, !Task.isCancelled else { continue }
            let now = clock.seconds
            let interval = remote.interval.components.seconds
            let folder = FeedFolder(kind: feed.kind, path: feed.path)
            var status = rules.feeds[feed] ?? Self.status(folder, remote, interval: interval)
            // A clock that was set back must not put it off for longer than that.
            if status.due <= now || status.due > now + interval {
                await refresh(folder, remote, from: download, &status)
            }
            rules.feeds[feed] = status
        }
    }

    /// What is known before the first attempt: a restart does not ask again before the time.
    private static func status(_ folder: FeedFolder, _ remote: FeedRemote, interval: Int64) -> FeedStatuses.Status {
        let last = folder.lastAnswer.flatMap { $0.url == remote.url ? $0.time : nil }
        return FeedStatuses.Status(answeredAt: last, due: last.map { $0 + interval } ?? 0)
    }

    private func refresh(
        _ folder: FeedFolder,
        _ remote: FeedRemote,
        from download: FeedDownload,
        _ status: inout FeedStatuses.Status
    ) async {
        let interval = remote.interval.components.seconds
        let jitter = Double.random(in: 0...1)
        do {
            let known = folder.lastAnswer.flatMap { $0.url == remote.url ? $0 : nil }
            let answer = try await download.get(remote, known: known)
            let now = clock.seconds
            var isNew = false
            var note = FeedFolder.Answer(
                url: remote.url,
                entityTag: known?.entityTag,
                lastModified: known?.lastModified,
                time: now
            )
            if case .document(let document, let entityTag, let lastModified) = answer {
                note.entityTag = entityTag
                note.lastModified = lastModified
                isNew = try folder.add(document, from: note, keep: remote.keep)
            }
            try folder.note(note)
            status.succeed(isNew: isNew, now: now, interval: interval, jitter: jitter)
            guard isNew else { return }
            logger.notice(
                "a feed has a new edition",
                metadata: ["feed": "\(folder.kind.rawValue)", "url": "\(remote.url)", "folder": "\(folder.path)"]
            )
        } catch {
            // The program stops; that says nothing about the publisher.
            guard !Task.isCancelled else { return }
            status.fail("\(error)", now: clock.seconds, interval: interval, jitter: jitter)
            logger.error(
                "a feed could not be loaded, and its editions so far still hold",
                metadata: ["feed": "\(folder.kind.rawValue)", "error": "\(error)"]
            )
        }
    }
}
