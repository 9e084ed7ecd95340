// SPDX-License-Identifier: Apache-2.0

/// All objects of a kind, and what happened to them, as an API server keeps them.
struct FakeCollection: Sendable {
    /// Something that happened.
    struct Event: Sendable {
        let type: String
        let object: FakeObject
    }

    /// The objects at a version, which pages of one listing are cut from.
    struct Snapshot: Sendable {
        let version: UInt64
        let objects: [FakeObject]
    }

    let kind: FakeKind
    private(set) var objects: [String: FakeObject] = [:]
    /// What happened since `historyStart`, oldest first.
    private(set) var events: [Event] = []
    /// Versions before this one are forgotten.
    private(set) var historyStart: UInt64 = 0
    private var snapshots: [UInt64: Snapshot] = [:]
    private var sorted: [FakeObject]?

    init(kind: FakeKind) {
        self.kind = kind
    }

    /// Adds or replaces an object at a version; a new identity under an old name deletes the old object first.
    mutating func put(_ object: FakeObject, version: UInt64) {
        var stored = object
        stored.version = version
        let isNew = objects.updateValue(stored, forKey: object.key) == nil
        events.append(Event(type: isNew ? "ADDED" : "MODIFIED", object: stored))
        sorted = nil
    }

    /// Deletes an object at a version, which the event's object carries, as the API has it.
    mutating func delete(key: String, version: UInt64) -> Bool {
        guard var object = objects.removeValue(forKey: key) else { return false }
        object.version = version
        events.append(Event(type: "DELETED", object: object))
        sorted = nil
        return true
    }

    /// The events after a version, or `nil` if not all of them are kept.
    func events(after version: UInt64) -> ArraySlice<Event>? {
        guard version >= historyStart else { return nil }
        var low = events.startIndex
        var high = events.endIndex
        while low < high {
            let middle = (low + high) / 2
            if events[middle].object.version > version { high = middle } else { low = middle + 1 }
        }
        return events[low...]
    }

    /// The objects now, by namespace and name, kept for the pages that follow.
    mutating func snapshot(at version: UInt64, isKept: Bool) -> Snapshot {
        let all = sorted ?? objects.keys.sorted().compactMap { objects[$0] }
        sorted = all
        let snapshot = Snapshot(version: version, objects: all)
        if isKept { snapshots[version] = snapshot }
        return snapshot
    }

    /// The objects at an earlier version, or `nil` if they are forgotten.
    func snapshot(of version: UInt64) -> Snapshot? { snapshots[version] }

    /// Forgets all history, as etcd does after a compaction.
    mutating func forget(before version: UInt64) {
        historyStart = version
        events.removeAll()
        snapshots.removeAll()
    }
}
