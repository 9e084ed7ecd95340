// SPDX-License-Identifier: Apache-2.0
import Kubernetes

/// Which objects of a collection are there, so that a listing tells which are gone.
struct Roll<Key: Hashable & Sendable>: Sendable {
    /// What became of one object.
    enum Event<Object> {
        /// It is there.
        case put(Object)
        /// It is gone; its last state, if that was told.
        case gone(Key, Object?)
    }

    private var present: Set<Key> = []
    /// What the listing that goes on has put; `nil` between listings.
    private var listed: Set<Key>?

    /// How many are there.
    var count: Int { present.count }

    /// Takes one change.
    ///
    /// - Returns: what became of which objects; several are gone at the end of a listing.
    mutating func take<Object>(_ change: Change<Object>, key: (Object) -> Key) -> [Event<Object>] {
        switch change {
        case .listing:
            listed = []
            return []
        case .put(let object):
            let key = key(object)
            present.insert(key)
            listed?.insert(key)
            return [.put(object)]
        case .delete(let object):
            let key = key(object)
            present.remove(key)
            listed?.remove(key)
            return [.gone(key, object)]
        case .listed:
            guard let listed else { return [] }
            let gone = present.subtracting(listed)
            present = listed
            self.listed = nil
            return gone.map { .gone($0, nil) }
        }
    }
}
