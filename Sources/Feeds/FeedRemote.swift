// SPDX-License-Identifier: Apache-2.0

/// Where a feed is published, how often it is asked for, and how many of its editions are kept.
public struct FeedRemote: Hashable, Sendable {
    /// An `http` or `https` URL of the document.
    public var url: String
    /// How long an answer is good for.
    public var interval: Duration
    /// Editions that are kept; when there are more, the oldest goes.
    public var keep: Int

    /// Path of the certificates of the authorities that are believed, in PEM; the system's own if `nil`.
    public var authorities: String?

    /// How long an answer is good for if nothing is said.
    public static let defaultInterval = Duration.seconds(12 * 3_600)
    /// Editions that are kept if nothing is said: all are read whenever the rules are loaded.
    public static let defaultKeep = 20

    /// The document at `url`.
    public init(
        url: String,
        interval: Duration = defaultInterval,
        keep: Int = defaultKeep,
        authorities: String? = nil
    ) {
        self.url = url
        self.interval = interval
        self.keep = keep
        self.authorities = authorities
    }
}
