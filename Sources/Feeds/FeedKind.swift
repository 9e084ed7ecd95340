// SPDX-License-Identifier: Apache-2.0

/// A publisher's list of addresses, and the shape it is published in.
public enum FeedKind: String, Hashable, Sendable, CaseIterable {
    /// `ip-ranges.json` of Amazon Web Services.
    case aws
    /// `cloud.json` of Google: the addresses that its cloud's customers use.
    case gcp
    /// `goog.json` of Google: all its addresses, those of its APIs and storage included.
    case google
    /// `ServiceTags_<cloud>_<date>.json` of Microsoft Azure.
    case azure
}
