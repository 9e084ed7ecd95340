// SPDX-License-Identifier: Apache-2.0

/// The bounds of a ``Follower``: what it holds at once and how long it waits.
public struct FollowLimits: Hashable, Sendable {
    /// Objects asked for in one page of a listing.
    public var pageSize = 500
    /// Bytes of a page; a page that is larger is asked for again in halves.
    public var pageBytes = 64 << 20
    /// Bytes of one event of a watch; etcd keeps no object of more than 1.5 MiB, and JSON is not much longer.
    public var eventBytes = 16 << 20
    /// Time until a response begins, and between its bytes while a listing is sent.
    public var responseTime = Duration.seconds(60)
    /// After how long the server is asked to end a watch; each watch asks for this to twice this.
    public var watchTime = Duration.seconds(300)
    /// Time without a byte after which a watch is given up, once the server has shown that it sends bookmarks.
    ///
    /// A server sends a bookmark about once a minute. One that sends none may be silent for the whole watch.
    public var bookmarkTime = Duration.seconds(180)
    /// The longest wait after a first failure; it doubles with each one.
    public var firstWait = Duration.milliseconds(500)
    /// The longest wait after any failure, unless the server asks for more.
    public var longestWait = Duration.seconds(30)
    /// The longest wait that a server is granted which asks for one.
    public var longestRetryAfter = Duration.seconds(300)
    /// True to ask for a listing as a stream of events first, which costs the server less memory than pages.
    public var usesStreamingLists = true

    /// The defaults.
    public init() {}
}
