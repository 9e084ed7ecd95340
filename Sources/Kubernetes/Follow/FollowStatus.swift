// SPDX-License-Identifier: Apache-2.0

/// How a ``Follower`` stands, for an operator to read.
public struct FollowStatus: Hashable, Sendable {
    /// What a follower is doing.
    public enum Phase: String, Sendable {
        /// Nothing yet.
        case idle
        /// Fetching all objects.
        case listing
        /// Receiving changes as they happen.
        case watching
        /// Waiting before it tries again.
        case waiting
    }

    /// What went wrong last.
    public struct Failure: Hashable, Sendable {
        /// A sentence that an operator can act on.
        public let message: String
        /// When it happened, in seconds since 1970-01-01T00:00:00Z.
        public let time: Int64
        /// Failures in a row without progress between them, 1 or more.
        public let count: Int

        /// A failure of these values.
        public init(message: String, time: Int64, count: Int = 1) {
            self.message = message
            self.time = time
            self.count = count
        }
    }

    /// The collection's name, such as `pods`.
    public let resource: String
    /// What the follower is doing.
    public var phase = Phase.idle
    /// True after the first complete listing: from then on the objects known are those of the cluster, if `failure` is
    /// `nil`, or were at `lastProgress`.
    public var isSynced = false
    /// True while a watch is open by which the server tells what changes; what it has missed before it is told at once.
    public var isConnected = false
    /// The failure that the follower has not recovered from; `nil` when all is well.
    ///
    /// A watch that is open again has not recovered before it says something.
    public var failure: Failure?
    /// True if changes come, or nothing speaks against it yet.
    public var isFollowing: Bool {
        failure == nil || isConnected
    }

    /// When the server last said something of use, bookmarks included, in seconds since 1970-01-01T00:00:00Z.
    public var lastProgress: Int64?
    /// Complete listings so far.
    public var listings = 0
    /// Objects put or deleted so far, those of listings included.
    public var changes = 0
    /// Objects that could not be read so far, and were left out.
    public var rejected = 0
    /// Why the last of the rejected objects could not be read.
    public var lastRejection: String?

    /// The status of a follower of `resource` that has not begun.
    public init(resource: String) {
        self.resource = resource
    }
}
