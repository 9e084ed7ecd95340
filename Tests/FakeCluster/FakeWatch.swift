// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The events of one watch, in the order and the form in which an API server sends them.
final class FakeWatch: Sendable {
    private struct State {
        /// What is sent first, whatever happens.
        var head: [String]
        /// Initial objects that are not sent yet.
        var initial: ArraySlice<FakeObject> = []
        /// The bookmark after the initial objects.
        var initialEnd: String?
        /// Events up to this version were sent.
        var version: UInt64
        var bookmarks: Int
        let ends: Int
        let cuts: Int
        var isOver = false
    }

    /// What happens next.
    private enum Next: Sendable {
        case events([FakeCollection.Event])
        case bookmark
        case expired
        case end
        case cut
    }

    /// Objects that are sent at a time, so that neither side holds all of them.
    private static let batch = 200

    private let cluster: FakeCluster
    private let kind: FakeKind
    private let shape: FakeObject.Shape
    private let allowsBookmarks: Bool
    private let deadline: ContinuousClock.Instant
    private let state: Mutex<State>

    /// A watch from a version, or from all objects that are there now.
    ///
    /// - Parameter timeout: Seconds after which it ends in good order.
    init(
        _ cluster: FakeCluster,
        _ kind: FakeKind,
        shape: FakeObject.Shape,
        version: UInt64?,
        endsInitialEvents: Bool,
        allowsBookmarks: Bool,
        timeout: Int,
        fault: Fault?
    ) {
        self.cluster = cluster
        self.kind = kind
        self.shape = shape
        self.allowsBookmarks = allowsBookmarks
        deadline = .now + .seconds(timeout)
        // The head of the response is sent with the first piece, even if that is empty.
        var head = [""]
        if case .insert(let text) = fault { head.append(text) }
        let (first, initial) = cluster.update { state in
            let first = State(
                head: head,
                version: version ?? state.version,
                bookmarks: state.bookmarks,
                ends: state.ends,
                cuts: state.cuts
            )
            let initial =
                version == nil ? state.collections[kind.path]?.snapshot(at: state.version, isKept: false).objects : nil
            return (first, initial)
        }
        state = Mutex(first)
        state.withLock { state in
            if case .errorEvent(let code, let reason, let message) = fault {
                let status = StatusAnswer(code: code, reason: reason, message: message)
                state.head.append(Self.event("ERROR", status.json))
                state.isOver = true
            }
            state.initial = (initial ?? [])[...]
            guard endsInitialEvents, allowsBookmarks else { return }
            let annotation = #","annotations":{"k8s.io/initial-events-end":"true"}"#
            state.initialEnd = bookmark(version: state.version, extra: annotation)
        }
    }

    /// The next events as text, or `nil` at the end.
    ///
    /// - Throws: ``FaultyBody/Cut`` when the connection is to be cut.
    func next() async throws -> String? {
        if let text = state.withLock({ takeInitial(&$0) }) { return text }
        while let next = try await happening() {
            switch next {
            case .events(let events):
                let taken = events.prefix(Self.batch)
                state.withLock { $0.version = taken.last?.object.version ?? $0.version }
                return taken.map { Self.event($0.type, $0.object.json(shape)) }.joined()
            case .bookmark:
                let version = cluster.snapshot.version
                state.withLock { state in
                    state.bookmarks += 1
                    if allowsBookmarks { state.version = version }
                }
                if allowsBookmarks { return bookmark(version: version, extra: "") }
            case .expired:
                let version = state.withLock { state in
                    state.isOver = true
                    return state.version
                }
                let message = "too old resource version: \(version) (\(cluster.snapshot.version))"
                return Self.event("ERROR", StatusAnswer(code: 410, reason: "Expired", message: message).json)
            case .end:
                return nil
            case .cut:
                throw FaultyBody.Cut()
            }
        }
        return nil
    }

    private func takeInitial(_ state: inout State) -> String? {
        if !state.head.isEmpty { return state.head.removeFirst() }
        if !state.initial.isEmpty {
            defer { state.initial = state.initial.dropFirst(Self.batch) }
            return state.initial.prefix(Self.batch).map { Self.event("ADDED", $0.json(shape)) }.joined()
        }
        return state.isOver ? nil : state.initialEnd.take()
    }

    /// Waits for what happens next; `nil` when the watch or the time that the client asked for is over.
    private func happening() async throws -> Next? {
        let now = state.withLock { (version: $0.version, bookmarks: $0.bookmarks, ends: $0.ends, cuts: $0.cuts) }
        if state.withLock(\.isOver) { return nil }
        let path = kind.path
        @Sendable func look(_ state: FakeCluster.State) -> Next? {
            guard state.cuts == now.cuts else { return .cut }
            guard let events = state.collections[path]?.events(after: now.version) else { return .expired }
            if !events.isEmpty { return .events(Array(events.prefix(Self.batch))) }
            guard state.ends == now.ends else { return .end }
            return state.bookmarks > now.bookmarks ? .bookmark : nil
        }
        return try await withThrowingTaskGroup(of: Next?.self) { group in
            group.addTask { [self] in
                try await cluster.until { look($0) != nil }
                return look(cluster.snapshot)
            }
            group.addTask { [self] in
                try await Task.sleep(until: deadline)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func bookmark(version: UInt64, extra: String) -> String {
        let (name, group) =
            shape == .metadata ? ("PartialObjectMetadata", "meta.k8s.io/v1") : (kind.name, kind.apiVersion)
        return Self.event(
            "BOOKMARK",
            """
            {"kind":"\(name)","apiVersion":"\(group)",\
            "metadata":{"resourceVersion":"\(version)","creationTimestamp":null\(extra)}}
            """
        )
    }

    private static func event(_ type: String, _ object: String) -> String {
        "{\"type\":\"\(type)\",\"object\":\(object)}\n"
    }
}
