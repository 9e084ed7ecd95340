// SPDX-License-Identifier: Apache-2.0

/// What a ``Follower`` tells of a collection, in the order of the server.
///
/// A complete listing is `.listing`, any number of `.put` and `.delete`, then `.listed`. What was known before and was
/// not put since `.listing` is gone when `.listed` comes, and not earlier: a listing may break off, and then another
/// `.listing` starts it again from nothing. Between listings the changes are those of the watch.
public enum Change<Object: ClusterObject>: Sendable {
    /// A complete listing begins.
    case listing
    /// The object is there, new or changed; a listing may put one that did not change.
    case put(Object)
    /// The object is gone; this is its last state.
    case delete(Object)
    /// The listing is complete.
    case listed
}

extension Change: Equatable where Object: Equatable {}
