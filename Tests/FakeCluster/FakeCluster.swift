// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A cluster that tests fill with objects, and whose API they can make fail.
///
/// It holds the objects, their history and the script; ``serve(host:port:clientAuthority:_:)`` speaks for it over HTTPS,
/// once or again and again, as an API server that restarts does. The answers follow the public documentation of the
/// Kubernetes API: <https://kubernetes.io/docs/reference/using-api/api-concepts/>.
public final class FakeCluster: Sendable {
    /// What tests look at.
    public struct State: Sendable {
        /// The requests so far, in order.
        public internal(set) var requests: [FakeRequest] = []
        /// Watches that are open now.
        public internal(set) var openWatches = 0
        /// Faults that no request has met yet.
        public var pendingFaults: Int { faults.count }

        var version: UInt64 = 1000
        var collections = Dictionary(uniqueKeysWithValues: FakeKind.all.map { ($0.path, FakeCollection(kind: $0)) })
        var faults: [(fault: Fault, kind: RequestKind, path: String?)] = []
        var acceptedTokens: Set<String>?
        var reviews: [String: TokenStatus] = [:]
        var offersStreamingLists = true
        var offersPartialMetadata = true
        /// Raised to send a bookmark to every watch that wants them.
        var bookmarks = 0
        /// Raised to end every open watch, in good order or not.
        var ends = 0
        var cuts = 0
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    struct Waiter: Sendable {
        let condition: @Sendable (State) -> Bool
        let continuation: CheckedContinuation<Void, any Error>
    }

    /// The authority that signs the servers' certificates.
    public let authority: TestAuthority

    private let state = Mutex(State())

    /// An empty cluster.
    public init() throws {
        authority = try TestAuthority()
    }

    // MARK: - Objects

    /// Adds objects, or changes those of the same kind, namespace and name.
    public func put(_ objects: FakeObject...) {
        put(objects)
    }

    /// Adds objects, or changes those of the same kind, namespace and name.
    public func put(_ objects: [FakeObject]) {
        update { state in
            for object in objects {
                state.version += 1
                state.collections[object.kind.path]?.put(object, version: state.version)
            }
        }
    }

    /// Deletes an object; nothing happens if it is not there.
    public func delete(_ kind: FakeKind, namespace: String = "", _ name: String) {
        update { state in
            state.version += 1
            let key = namespace.isEmpty ? name : "\(namespace)/\(name)"
            _ = state.collections[kind.path]?.delete(key: key, version: state.version)
        }
    }

    /// Forgets all that happened so far: older versions and continue tokens are expired from now on.
    public func forgetHistory() {
        update { state in
            state.version += 1
            for path in state.collections.keys { state.collections[path]?.forget(before: state.version) }
        }
    }

    // MARK: - Script

    /// Makes the next request of a kind fail, and of a path if one is named; faults are met in their order.
    public func script(_ fault: Fault, for kind: RequestKind = .any, path: String? = nil, times: Int = 1) {
        update { state in
            for _ in 0..<times { state.faults.append((fault, kind, path)) }
        }
    }

    /// Accepts only requests with one of these bearer tokens; `nil` accepts all requests, as at first.
    public func accept(tokens: Set<String>?) {
        update { $0.acceptedTokens = tokens }
    }

    /// Says what a token review of `token` tells; other tokens are not valid.
    public func setStatus(_ status: TokenStatus?, ofToken token: String) {
        update { $0.reviews[token] = status }
    }

    /// Says whether the server knows streaming lists, as Kubernetes does since 1.32; at first it does.
    public func offerStreamingLists(_ offers: Bool) {
        update { $0.offersStreamingLists = offers }
    }

    /// Says whether the server can cut objects down to their metadata, as Kubernetes does since 1.15; at first it can.
    public func offerPartialMetadata(_ offers: Bool) {
        update { $0.offersPartialMetadata = offers }
    }

    /// Sends a bookmark to every open watch that allows them.
    public func sendBookmarks() {
        update { $0.bookmarks += 1 }
    }

    /// Ends every open watch in good order.
    public func endWatches() {
        update { $0.ends += 1 }
    }

    /// Cuts the connection of every open watch.
    public func cutWatches() {
        update { $0.cuts += 1 }
    }

    // MARK: - State

    /// What happened so far.
    public var snapshot: State { state.withLock { $0 } }

    /// Waits until the state is as `condition` wants it.
    ///
    /// - Throws: `CancellationError`.
    public func until(_ condition: @escaping @Sendable (State) -> Bool) async throws {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isDone = state.withLock { state in
                    if Task.isCancelled || condition(state) { return true }
                    state.waiters[number] = Waiter(condition: condition, continuation: continuation)
                    return false
                }
                if isDone { continuation.resume(with: Result { try Task.checkCancellation() }) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Changes the state and wakes whoever waits for what it is now.
    func update<Value: Sendable>(_ change: (inout State) -> Value) -> Value {
        let (value, woken) = state.withLock { state in
            let value = change(&state)
            var woken: [CheckedContinuation<Void, any Error>] = []
            for (number, waiter) in state.waiters where waiter.condition(state) {
                woken.append(waiter.continuation)
                state.waiters[number] = nil
            }
            return (value, woken)
        }
        for continuation in woken { continuation.resume() }
        return value
    }
}
