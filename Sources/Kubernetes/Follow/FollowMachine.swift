// SPDX-License-Identifier: Apache-2.0

/// Decides what a follower asks next and what its answers mean; it does no I/O.
///
/// ```
///           ┌─────────── expired, or refused again and again ───────────┐
///           ▼                                                           │
///   streaming list ── end of initial events ──► watch ── ended, cut ──► watch from
///           │ not offered                         ▲                     the last version
///           ▼                                     │
///         pages ───────────── last page ──────────┘
/// ```
///
/// The shell takes a ``next(chance:)`` step, performs it, and feeds what comes of it back; each input returns what it
/// means. `chance` is a number from 0 to 1, at random, that spreads times.
struct FollowMachine: Sendable {
    /// What the shell does next.
    enum Step: Hashable {
        /// Get fresh credentials, as the last were refused.
        case renewCredentials
        /// Ask for a page of a listing.
        case list(continuation: String?, limit: Int)
        /// Ask for the changes after a version, or else for all objects and then the changes; to be ended by the server
        /// after a time.
        case watch(version: String?, time: Duration)
        /// Wait, then ask again.
        case wait(Duration)
    }

    /// What an event of a watch means.
    enum Verdict: Hashable {
        /// Go on.
        case proceed
        /// The listing is complete; go on.
        case listed
        /// Read no further and close the connection.
        case stop
    }

    /// A moment, by a clock that never jumps and by the calendar.
    struct Moment: Hashable {
        /// Time since any fixed moment.
        var steady: Duration
        /// Seconds since 1970-01-01T00:00:00Z.
        var calendar: Int64
    }

    private enum Stage: Hashable {
        case pages(continuation: String?)
        case streaming
        case watching(version: String)
    }

    /// Failures in a row after which another way is tried.
    static let patience = 5
    /// A watch that lasted this long was worth it, even if nothing happened.
    static let worthwhile = Duration.seconds(10)

    /// How the follower stands.
    private(set) var status: FollowStatus

    private let limits: FollowLimits
    private var stage: Stage
    private var pendingWait: Duration?
    private var mustRenewCredentials = false
    /// Failures since the server was of use.
    private var retries: Backoff
    /// Listings that began again, since a watch was of use: each of them is dear for both sides.
    private var restarts: Backoff
    /// Failures since the server was of use that speak against the way it is asked.
    private var refusals = 0
    private var pageSize: Int
    private var offersStreams: Bool
    /// The watch that is open.
    private var opened: Duration?
    private var watchTime = Duration.zero
    private var watchWasOfUse = false
    private var sendsBookmarks = false

    init(resource: String, limits: FollowLimits) {
        status = FollowStatus(resource: resource)
        self.limits = limits
        retries = Backoff(first: limits.firstWait, ceiling: limits.longestWait)
        restarts = retries
        pageSize = limits.pageSize
        offersStreams = limits.usesStreamingLists
        stage = limits.usesStreamingLists ? .streaming : .pages(continuation: nil)
    }

    /// How long the server may be silent before the current step has failed.
    var silenceLimit: Duration {
        guard case .watching = stage else { return limits.responseTime }
        return sendsBookmarks ? min(limits.bookmarkTime, watchTime) : watchTime + limits.responseTime
    }

    /// What to do now.
    mutating func next(chance: Double) -> Step {
        if mustRenewCredentials {
            mustRenewCredentials = false
            return .renewCredentials
        }
        if let wait = pendingWait {
            pendingWait = nil
            status.phase = .waiting
            return .wait(wait)
        }
        opened = nil
        status.isConnected = false
        watchWasOfUse = false
        sendsBookmarks = false
        watchTime = limits.watchTime + limits.watchTime * chance
        switch stage {
        case .pages(let continuation):
            status.phase = .listing
            return .list(continuation: continuation, limit: pageSize)
        case .streaming:
            status.phase = .listing
            return .watch(version: nil, time: watchTime)
        case .watching(let version):
            status.phase = .watching
            return .watch(version: version, time: watchTime)
        }
    }

    // MARK: - Listing in pages

    /// Takes a page and says whether a listing begins with it and whether one ends with it.
    mutating func page(version: String, continuation: String, at moment: Moment) -> (begins: Bool, ends: Bool) {
        guard case .pages(let asked) = stage else { return (false, false) }
        progress(at: moment)
        if continuation.isEmpty {
            complete(version: version)
        } else {
            stage = .pages(continuation: continuation)
        }
        return (asked == nil, continuation.isEmpty)
    }

    // MARK: - Watching

    /// Takes the head of a watch that the server granted, and says whether a listing begins with it.
    mutating func watchOpened(at moment: Moment) -> Bool {
        opened = moment.steady
        status.isConnected = stage != .streaming
        return stage == .streaming
    }

    /// Takes an event of a watch; `version` is its object's.
    mutating func event(_ signal: WatchSignal, version: String, at moment: Moment, chance: Double) -> Verdict {
        switch signal {
        case .unknown:
            return .proceed
        case .failure(let answer):
            failed(.status(answer), at: moment, chance: chance)
            return .stop
        case .bookmark(let endsInitialEvents):
            sendsBookmarks = true
            guard stage == .streaming else { break }
            guard endsInitialEvents, !version.isEmpty else {
                // Servers that do not know streaming lists ignore the request and send bookmarks like any other.
                refuseStreams()
                return .stop
            }
            watchProgress(at: moment)
            complete(version: version)
            status.isConnected = true
            return .listed
        case .change:
            status.lastProgress = moment.calendar
            // A streaming list cannot be resumed, so that nothing is won before its end.
            if stage == .streaming { return .proceed }
        }
        watchProgress(at: moment)
        if !version.isEmpty { stage = .watching(version: version) }
        return .proceed
    }

    /// Takes the orderly end of a watch, which the server brings about after the time that it was asked for.
    mutating func watchEnded(at moment: Moment, chance: Double) {
        let lasted = opened.map { moment.steady - $0 } ?? .zero
        status.isConnected = false
        if case .watching = stage, lasted >= Self.worthwhile {
            watchProgress(at: moment)
        } else if case .watching = stage, watchWasOfUse {
            wait(chance: chance)
        } else {
            failed(.endedAtOnce, at: moment, chance: chance)
        }
    }

    // MARK: - Counting

    /// Counts objects that were told, and those that could not be read.
    mutating func counted(changes: Int, rejected: Int, reason: String?) {
        status.changes += changes
        status.rejected += rejected
        if let reason { status.lastRejection = reason }
    }

    // MARK: - Failures

    /// Takes the failure of a step.
    mutating func failed(_ failure: RequestFailure, at moment: Moment, chance: Double) {
        status.isConnected = false
        status.failure = FollowStatus.Failure(
            message: failure.sentence(action: "list and watch \(status.resource)", subject: status.resource),
            time: moment.calendar,
            count: (status.failure?.count ?? 0) + 1
        )
        switch failure {
        case .status(let answer):
            refused(answer, chance: chance)
        case .pageTooLarge:
            // Objects that are too large one by one are waited for: they may shrink.
            if pageSize == 1 { wait(chance: chance) }
            pageSize = max(1, pageSize / 2)
        case .credentials:
            wait(chance: chance)
        case .connection:
            // A server that is down says nothing about the way it is asked; a stream that breaks does.
            if stage == .streaming, opened != nil { disappointed(chance: chance) } else { wait(chance: chance) }
        case .silence, .unreadable, .endedAtOnce:
            disappointed(chance: chance)
        }
    }

    private mutating func refused(_ answer: APIStatus, chance: Double) {
        switch answer.code {
        case _ where answer.isExpired:
            listAgain(chance: chance)
        case 401:
            // Tokens expire in the ordinary course, so that the first refusal costs no wait.
            mustRenewCredentials = true
            if refusals > 0 { wait(chance: chance) }
            refusals += 1
        case 403, 429:
            wait(chance: chance)
        case 400, 404, 405, 406, 415, 422:
            if stage == .streaming { refuseStreams() } else { changeWay(chance: chance) }
        default:
            disappointed(chance: chance)
        }
        if let retryAfter = answer.retryAfter {
            // Spread behind the moment that the server tells everybody.
            let asked = min(retryAfter, limits.longestRetryAfter) + limits.firstWait * chance
            pendingWait = max(pendingWait ?? .zero, asked)
        }
    }

    /// Waits and tries the same again, a few times; then tries another way.
    private mutating func disappointed(chance: Double) {
        refusals += 1
        if refusals < Self.patience { wait(chance: chance) } else { changeWay(chance: chance) }
    }

    /// Leaves a way that fails again and again for the next one: a streaming list for pages, the rest for a new listing.
    private mutating func changeWay(chance: Double) {
        let retry = retries.next(chance: chance)
        if stage == .streaming { refuseStreams() } else { listAgain(chance: chance) }
        pendingWait = max(pendingWait ?? .zero, retry)
    }

    private mutating func refuseStreams() {
        offersStreams = false
        stage = .pages(continuation: nil)
        refusals = 0
    }

    private mutating func listAgain(chance: Double) {
        stage = offersStreams ? .streaming : .pages(continuation: nil)
        refusals = 0
        pendingWait = restarts.next(chance: chance)
    }

    private mutating func wait(chance: Double) {
        pendingWait = retries.next(chance: chance)
    }

    // MARK: - Progress

    private mutating func complete(version: String) {
        stage = .watching(version: version)
        status.phase = .watching
        status.isSynced = true
        status.listings += 1
    }

    private mutating func progress(at moment: Moment) {
        retries.reset()
        refusals = 0
        status.failure = nil
        status.lastProgress = moment.calendar
    }

    private mutating func watchProgress(at moment: Moment) {
        progress(at: moment)
        restarts.reset()
        watchWasOfUse = true
    }
}
