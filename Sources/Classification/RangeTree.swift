// SPDX-License-Identifier: Apache-2.0

/// Finds the range of a partitioned number line that holds a key.
///
/// The line is cut at ascending starts, the first of which is zero; each range carries a value. The starts are
/// the leaves of a static 16-ary search tree without pointers: a level is every 16th start of the level below,
/// so a child's index is arithmetic, and a node of 16 keys is compared as a whole, without a branch to
/// mispredict. 200,000 ranges, the most that 100,000 prefixes make, are five nodes deep whatever the prefixes
/// look like: no input makes it slow. A stride trie answers sparse tables sooner, but takes 20 to 80 times
/// the memory (or, for IPv6, path compression) and then misses the cache instead.
struct RangeTree<Key: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    private static var fanOut: Int { 16 }
    private typealias Node = InlineArray<16, Key>

    /// All levels, root first; the places of a last, incomplete node hold `Key.max`.
    private let nodes: [Node]
    /// Index in `nodes` of each level's first node, root first.
    private let levels: [Int]
    /// One value a range.
    private let values: [UInt32]
    /// Value of the last range, which alone can hold `Key.max`.
    private let lastValue: UInt32

    /// The tree of ranges that begin at `starts` (ascending, the first is zero) and carry `values`.
    init(starts: [Key], values: [UInt32]) {
        precondition(starts.first == 0 && starts.count == values.count, "ranges must begin at zero")
        var levels: [[Node]] = []
        var keys = starts
        repeat {
            let level = stride(from: 0, to: keys.count, by: Self.fanOut)
                .map { first in
                    Node { first + $0 < keys.count ? keys[first + $0] : .max }
                }
            levels.append(level)
            keys = level.map { $0[0] }
        } while keys.count > 1
        var nodes: [Node] = []
        var offsets: [Int] = []
        for level in levels.reversed() {
            offsets.append(nodes.count)
            nodes += level
        }
        self.nodes = nodes
        self.levels = offsets
        self.values = values
        lastValue = values[values.count - 1]
    }

    /// Value of the range that holds `key`.
    func value(at key: Key) -> UInt32 {
        // The filling of incomplete nodes would count as reached.
        guard key != .max else { return lastValue }
        var index = 0
        for level in levels {
            let node = nodes[level &+ index]
            var reached = 0
            for lane in 0..<Self.fanOut {
                reached &+= node[lane] <= key ? 1 : 0
            }
            index = index &* Self.fanOut &+ reached &- 1
        }
        return values[index]
    }

    /// Bytes of memory the tree takes.
    var byteCount: Int {
        nodes.count * MemoryLayout<Node>.stride + values.count * MemoryLayout<UInt32>.stride
    }
}
