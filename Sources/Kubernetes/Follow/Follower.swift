// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Follows one collection of the cluster: lists it, watches it, and does both again whenever that is needed.
///
/// Made by ``ClusterClient/follower(of:)``. It keeps no objects; see ``Change`` for what it tells.
public final class Follower<Object: ClusterObject>: Sendable {
    private let state = Mutex(FollowStatus(resource: Object.resource.name))

    /// How the follower stands now.
    public var status: FollowStatus { state.withLock { $0 } }

    /// Follows the collection until the task is cancelled.
    ///
    /// Failures do not end it; ``status`` tells them. `handler` gets at most a page of a listing at a time, and the
    /// server is not read further before it returns.
    public func run(_ handler: @Sendable ([Change<Object>]) async -> Void) async {
    }
}
