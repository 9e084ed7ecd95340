// SPDX-License-Identifier: Apache-2.0

/// Finds the range of a partitioned number line that holds a key.
///
/// The line is cut at ascending starts, the first of which is zero; each range carries a value. A node divides
/// the span between its first and its last start evenly, into about as many slots as it has starts, so a key's
/// slot is a subtraction and a shift. A slot that no start cuts holds the value itself; one with a few starts
/// is scanned; one with more is a node of its own, over the span of *its* starts, so long common prefixes cost
/// nothing. At any size up to 100,000 random prefixes nearly all lookups pass one node (IPv4) or two (IPv6); the
/// crowded corner of the IPv6 registry takes five. No table is deeper than the key's bits divided by those a
/// node consumes (four at the least, 17 at 100,000 starts).
///
/// Why not the obvious: a binary search and a wide search tree need few bytes but several times the
/// instructions, which keeps the processor from overlapping the cache misses of successive lookups; a trie of
/// fixed strides is as fast for IPv4 but takes ten times the memory, and for IPv6 needs path compression.
struct RangeTree<Key: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    private struct Node {
        /// The first start.
        var base: Key
        /// Value of keys below `base`.
        var below: UInt32
        /// Index of the node's first slot.
        var firstSlot: UInt32
        /// Number of slots, less one.
        var lastSlot: UInt32
        /// A slot spans 2 to the power of this.
        var shift: UInt32
    }

    /// What a slot holds, in 32 bits because the table of slots is what misses the cache: the number of starts
    /// inside it, its first key excepted, in the upper four, and an index in the others.
    private struct Slot {
        /// Slots cut by more starts than this become nodes.
        static var maxCuts: Int { 8 }
        /// `cuts` of a slot that is a node.
        static var node: Int { 15 }

        private var bits: UInt32

        init(_ content: UInt32, cuts: Int) {
            precondition(content < 1 << 28, "the table is full")
            bits = UInt32(cuts) << 28 | content
        }

        var cuts: Int { Int(bits >> 28) }
        /// The value if nothing cuts the slot, the node's index if it is one, else the index of the range that
        /// the slot begins in.
        var content: UInt32 { bits & 0xfff_ffff }
    }

    private struct Start {
        var key: Key
        var value: UInt32
    }

    private let starts: [Start]
    private var nodes: [Node] = []
    private var slots: [Slot] = []

    /// The tree of ranges that begin at `starts` and carry `values`.
    ///
    /// - Parameters:
    ///   - starts: ascending without repetition; the first is zero; fewer than 2^28.
    ///   - values: one for each start, below 2^28.
    init(starts: [Key], values: [UInt32]) {
        precondition(starts.first == 0 && starts.count == values.count, "ranges must begin at zero")
        self.starts = zip(starts, values).map { Start(key: $0, value: $1) }
        _ = addNode(0..<starts.count)
    }

    /// Adds the node of some starts and all below it.
    ///
    /// - Returns: the node's index.
    private mutating func addNode(_ range: Range<Int>) -> UInt32 {
        let base = starts[range.lowerBound].key
        let span = starts[range.upperBound - 1].key - base
        let bits = Int.bitWidth - range.count.leadingZeroBitCount
        let shift = max(0, Key.bitWidth - span.leadingZeroBitCount - bits)
        let count = Int(span >> shift) + 1
        let index = nodes.count
        let firstSlot = slots.count
        nodes.append(
            Node(
                base: base,
                below: range.lowerBound > 0 ? starts[range.lowerBound - 1].value : 0,
                firstSlot: UInt32(firstSlot),
                lastSlot: UInt32(count - 1),
                shift: UInt32(shift)
            )
        )
        slots += repeatElement(Slot(0, cuts: 0), count: count)
        var next = range.lowerBound
        for slot in 0..<count {
            let first = base + Key(slot) << shift
            while next < range.upperBound, starts[next].key <= first { next += 1 }
            let inForce = next - 1
            while next < range.upperBound, (starts[next].key - first) >> shift == 0 { next += 1 }
            let cuts = next - 1 - inForce
            slots[firstSlot + slot] =
                switch cuts {
                case 0: Slot(starts[inForce].value, cuts: 0)
                case ...Slot.maxCuts: Slot(UInt32(inForce), cuts: cuts)
                default: Slot(addNode(inForce + 1..<next), cuts: Slot.node)
                }
        }
        return UInt32(index)
    }

    /// Value of the range that holds `key`.
    func value(at key: Key) -> UInt32 {
        var node = nodes[0]
        while key >= node.base {
            // Keys beyond the last slot are in the last range, in which the last slot ends too.
            let number = min((key &- node.base) &>> Key(truncatingIfNeeded: node.shift), Key(node.lastSlot))
            let slot = slots[Int(node.firstSlot) &+ Int(truncatingIfNeeded: number)]
            switch slot.cuts {
            case 0:
                return slot.content
            case Slot.node:
                node = nodes[Int(slot.content)]
            default:
                var index = Int(slot.content)
                let last = index &+ slot.cuts
                while index < last, starts[index &+ 1].key <= key { index &+= 1 }
                return starts[index].value
            }
        }
        return node.below
    }

    /// Bytes of memory the tree takes.
    var byteCount: Int {
        starts.count * MemoryLayout<Start>.stride + nodes.count * MemoryLayout<Node>.stride
            + slots.count * MemoryLayout<Slot>.stride
    }
}
