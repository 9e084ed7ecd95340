// SPDX-License-Identifier: Apache-2.0
import Synchronization

@testable import Kubernetes

/// A copy of a collection that is kept as a follower's consumer should: by its changes alone.
final class Copy<Object: ClusterObject>: Sendable {
    struct State: Sendable {
        /// The objects by identity.
        var objects: [String: Object] = [:]
        /// Those put since a listing began; `nil` between listings.
        var listed: Set<String>?
        /// Listings that began, and that were completed.
        var begun = 0
        var completed = 0
        /// The most changes that came at once.
        var largestBatch = 0
        /// Puts and deletes.
        var changes = 0
        /// Changes that may not come as they did, in words.
        var errors: [String] = []

        /// The names, in order.
        var names: [String] { objects.values.map(\.metadata.name).sorted() }
    }

    private struct Waiter {
        let condition: @Sendable (State) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private let state = Mutex((State(), [Waiter]()))

    var snapshot: State { state.withLock { $0.0 } }

    func take(_ changes: [Change<Object>]) {
        let woken = state.withLock { pair in
            pair.0.apply(changes)
            let state = pair.0
            let ready = pair.1.filter { $0.condition(state) }
            pair.1.removeAll { $0.condition(state) }
            return ready.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Waits until the copy is as `condition` wants it; a test's time limit ends a wait that is in vain.
    func until(_ condition: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { pair in
                if condition(pair.0) { return true }
                pair.1.append(Waiter(condition: condition, continuation: continuation))
                return false
            }
            if isDone { continuation.resume() }
        }
    }
}

extension Copy.State {
    fileprivate mutating func apply(_ batch: [Change<Object>]) {
        largestBatch = max(largestBatch, batch.count)
        for change in batch {
            switch change {
            case .listing:
                begun += 1
                listed = []
            case .put(let object):
                if begun == 0 { errors.append("a put before any listing") }
                changes += 1
                listed?.insert(object.metadata.uid)
                objects[object.metadata.uid] = object
            case .delete(let object):
                changes += 1
                listed?.remove(object.metadata.uid)
                objects[object.metadata.uid] = nil
            case .listed:
                if let listed {
                    objects = objects.filter { listed.contains($0.key) }
                } else {
                    errors.append("the end of a listing that did not begin")
                }
                listed = nil
                completed += 1
            }
        }
    }
}
