// SPDX-License-Identifier: Apache-2.0

import Traffic

/// Turns prefixes of several ranked lists into ranges that do not overlap.
///
/// Prefixes nest or are disjoint, so one pass over them in address order with a stack of the open ones sees
/// every boundary. Each open prefix carries the winner among itself and all that enclose it, which is where a
/// shorter prefix of a higher list outlives a longer one of a lower list.
struct PrefixSweep {
    /// A prefix as an entry of a list.
    struct Prefix {
        /// The addresses.
        var block: CIDR
        /// The list's precedence; 0 is the highest.
        var rank: Int
        /// What the prefix stands for.
        var outcome: UInt32
    }

    /// A range's first address and its outcome; the range ends where the next one begins.
    struct Boundary: Hashable {
        var start: UInt128
        var outcome: UInt32
    }

    /// The addresses that are swept at once.
    enum Family: CaseIterable {
        /// IPv4.
        case v4
        /// All 128-bit numbers.
        case v6
    }

    private struct Open {
        var last: UInt128
        var winner: Prefix
    }

    /// The boundaries found so far, by address.
    private(set) var boundaries: [Boundary]
    private var open: [Open] = []
    private let uncovered: UInt32

    /// Sweeps those of `prefixes` that are of `family`; what none of them holds has the outcome `uncovered`.
    init(_ prefixes: [Prefix], family: Family, uncovered: UInt32) {
        let own = prefixes.filter { $0.block.base.isIPv4 == (family == .v4) }
        switch family {
        case .v4:
            self.init(own, first: IPAddress(v4: 0).bits, last: IPAddress(v4: .max).bits, uncovered: uncovered)
        case .v6:
            self.init(own, first: 0, last: .max, uncovered: uncovered)
        }
    }

    /// Sweeps `prefixes`, all of one family, over the family's addresses `first...last`.
    ///
    /// - Parameter uncovered: the outcome of addresses that no prefix holds.
    init(_ prefixes: [Prefix], first: UInt128, last: UInt128, uncovered: UInt32) {
        self.uncovered = uncovered
        boundaries = [Boundary(start: first, outcome: uncovered)]
        let ordered = prefixes.enumerated()
            .sorted { left, right in
                let (a, b) = (left.element.block, right.element.block)
                if a.base != b.base { return a.base < b.base }
                if a.prefixLength != b.prefixLength { return a.prefixLength < b.prefixLength }
                return left.offset < right.offset
            }
        for (_, prefix) in ordered {
            close(before: prefix.block.base.bits)
            let winner = open.last.map { Self.winner($0.winner, prefix) } ?? prefix
            open.append(Open(last: prefix.block.last.bits, winner: winner))
            mark(prefix.block.base.bits, winner.outcome)
        }
        close(before: nil, endingAt: last)
        boundaries = Self.merged(boundaries)
    }

    /// The one of two nested prefixes that decides; `outer` if both are the same block of one list.
    private static func winner(_ outer: Prefix, _ inner: Prefix) -> Prefix {
        if inner.rank != outer.rank { return inner.rank < outer.rank ? inner : outer }
        return inner.block.prefixLength > outer.block.prefixLength ? inner : outer
    }

    /// Closes the open prefixes that end before `start`; all of them if it is `nil`.
    private mutating func close(before start: UInt128?, endingAt last: UInt128 = .max) {
        while let top = open.last {
            if let start, top.last >= start { return }
            open.removeLast()
            guard top.last < last else { continue }
            mark(top.last + 1, open.last?.winner.outcome ?? uncovered)
        }
    }

    private mutating func mark(_ start: UInt128, _ outcome: UInt32) {
        if let last = boundaries.last, last.start == start { boundaries.removeLast() }
        boundaries.append(Boundary(start: start, outcome: outcome))
    }

    private static func merged(_ boundaries: [Boundary]) -> [Boundary] {
        var result: [Boundary] = []
        for boundary in boundaries where result.last?.outcome != boundary.outcome {
            result.append(boundary)
        }
        return result
    }
}

extension CIDR {
    /// The highest address of the block.
    fileprivate var last: IPAddress {
        let free = base.width - prefixLength
        return IPAddress(bits: free == 128 ? .max : base.bits | ((1 << UInt128(free)) - 1))
    }
}
