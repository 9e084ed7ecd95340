// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Names owners by their cgroup's id, from a cache that outlives the cgroup.
///
/// The cgroup tree is walked when an id turns up that is not known, at most once per drain. A cgroup that is gone
/// keeps its owner, because its last bytes are drained after its end, until it has been idle for long or the
/// cache is full of such. What came and went between two walks is told by ``CgroupWatch``; an id that neither knows is
/// unattributed.
struct OwnerNamer {
    /// Why nobody could be named: the cgroup was gone before it was seen.
    static let goneReason = "cgroup-gone"
    /// Why nobody could be named: the kernel gave no cgroup.
    static let noneReason = "no-cgroup"

    /// Cgroups that are gone and kept at most.
    var goneLimit = 16_384
    /// Nanoseconds without a byte after which a cgroup that is gone may be forgotten: 6 hours.
    var idleLimit: Int64 = 6 * 3600 * 1_000_000_000
    /// Walks that look for an id in vain before it is given up.
    var attempts = 2

    /// Walks made.
    private(set) var walks: UInt64 = 0

    private let walk: () -> [UInt64: String]
    private var entries: [UInt64: Entry] = [:]
    private var hasWalked = false

    private struct Entry {
        /// Path below the cgroup root, or `nil` if no walk has found it.
        var path: String?
        /// Made from the path when it is first asked for.
        var owner: Owner?
        /// Whether the latest walk found it.
        var isAlive: Bool
        var lastUsed: Int64
        var misses = 0
    }

    /// A namer with an empty cache.
    ///
    /// - Parameter walk: The paths by id of all cgroups, and of those that came and went since the last walk.
    init(walk: @escaping () -> [UInt64: String]) {
        self.walk = walk
    }

    /// Cgroups in the cache.
    var count: Int {
        entries.count
    }

    /// Opens a new drain, which may walk the tree once.
    mutating func beginDrain() {
        hasWalked = false
    }

    /// The owner of the cgroup `id`, at `now` in nanoseconds.
    mutating func owner(of id: UInt64, at now: Int64) -> Owner {
        guard id != 0 else { return Owner(unattributed: Self.noneReason, cgroupID: 0) }
        if needsWalk(id), !hasWalked { refresh(at: now) }
        entries[id, default: Entry(isAlive: false, lastUsed: now, misses: 1)].lastUsed = now
        guard let entry = entries[id], let path = entry.path else {
            return Owner(unattributed: Self.goneReason, cgroupID: id)
        }
        if let owner = entry.owner { return owner }
        let owner = Owner(cgroupID: id, path: path)
        entries[id]?.owner = owner
        return owner
    }

    private func needsWalk(_ id: UInt64) -> Bool {
        guard let entry = entries[id] else { return true }
        return entry.path == nil && entry.misses < attempts
    }

    private mutating func refresh(at now: Int64) {
        hasWalked = true
        walks += 1
        let paths = walk()
        for id in entries.keys where paths[id] == nil {
            entries[id]?.isAlive = false
            if entries[id]?.path == nil { entries[id]?.misses += 1 }
        }
        for (id, path) in paths {
            var entry = entries[id] ?? Entry(isAlive: true, lastUsed: now)
            entry.isAlive = true
            entry.path = path
            entries[id] = entry
        }
        forget(at: now)
    }

    /// Drops what is gone and idle, and the longest idle of what is gone beyond the limit.
    private mutating func forget(at now: Int64) {
        var gone = entries.filter { !$0.value.isAlive }.map { (id: $0.key, lastUsed: $0.value.lastUsed) }
        gone.sort { ($0.lastUsed, $0.id) > ($1.lastUsed, $1.id) }
        for (index, entry) in gone.enumerated() where index >= goneLimit || now - entry.lastUsed > idleLimit {
            entries[entry.id] = nil
        }
    }
}
