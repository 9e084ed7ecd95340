// SPDX-License-Identifier: Apache-2.0

import Traffic

/// Finds the outcome of an address among the prefixes of several ranked lists.
///
/// The prefixes are resolved into disjoint ranges once, when the table is built (``PrefixSweep``), so a lookup
/// is one search however many lists there are. IPv6 is searched by the upper 64 bits of the address; only
/// where prefixes longer than 64 bits cut a /64 is there a second search, among that /64's own ranges.
struct PrefixTable: Sendable {
    private let v4: RangeTree<UInt32>
    private let v6: RangeTree<UInt64>
    /// Outcomes of `v6` from here on are indices into `details`, from zero.
    private let firstDetail: UInt32
    /// Where the ranges of each cut /64 are in `lowerStarts` and `lowerOutcomes`.
    private let details: [Range<Int32>]
    private let lowerStarts: [UInt64]
    private let lowerOutcomes: [UInt32]

    /// A table of ranges in address order, the first of which begins where the family does.
    ///
    /// - Parameters:
    ///   - v4: the ranges of IPv4.
    ///   - v6: the ranges of all 128-bit numbers; what they say of IPv4-mapped ones is not asked.
    init(v4: [PrefixSweep.Boundary], v6: [PrefixSweep.Boundary]) {
        self.v4 = RangeTree(
            starts: v4.map { UInt32(truncatingIfNeeded: $0.start) },
            values: v4.map(\.outcome)
        )
        firstDetail = (v6.map(\.outcome).max() ?? 0) + 1
        var split = SplitRanges(firstDetail: firstDetail)
        for boundary in v6 { split.add(boundary) }
        split.finishBlock(next: nil)
        self.v6 = RangeTree(starts: split.upperStarts, values: split.upperOutcomes)
        details = split.details
        lowerStarts = split.lowerStarts
        lowerOutcomes = split.lowerOutcomes
    }

    /// The outcome of `address`.
    func outcome(of address: IPAddress) -> UInt32 {
        if let number = address.v4 { return v4.value(at: number) }
        let found = v6.value(at: UInt64(truncatingIfNeeded: address.bits >> 64))
        guard found >= firstDetail else { return found }
        let lower = UInt64(truncatingIfNeeded: address.bits)
        let block = details[Int(found - firstDetail)]
        var low = Int(block.lowerBound)
        var high = Int(block.upperBound)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lowerStarts[middle] <= lower { low = middle } else { high = middle }
        }
        return lowerOutcomes[low]
    }

    /// Bytes of memory the table takes.
    var byteCount: Int {
        v4.byteCount + v6.byteCount + details.count * MemoryLayout<Range<Int32>>.stride
            + lowerStarts.count * (MemoryLayout<UInt64>.stride + MemoryLayout<UInt32>.stride)
    }

    /// IPv6 boundaries as ranges of upper halves, and ranges of lower halves for each /64 that is cut.
    private struct SplitRanges {
        private let firstDetail: UInt32
        var upperStarts: [UInt64] = []
        var upperOutcomes: [UInt32] = []
        var details: [Range<Int32>] = []
        var lowerStarts: [UInt64] = []
        var lowerOutcomes: [UInt32] = []
        /// The /64 whose boundaries are being collected, by its upper half.
        private var block: UInt64?
        private var pending: [(lower: UInt64, outcome: UInt32)] = []
        /// Outcome of the last address before the block.
        private var inForce: UInt32 = 0

        init(firstDetail: UInt32) {
            self.firstDetail = firstDetail
        }

        /// Takes the next boundary in address order; the first one is at zero.
        mutating func add(_ boundary: PrefixSweep.Boundary) {
            let upper = UInt64(truncatingIfNeeded: boundary.start >> 64)
            if block != upper { finishBlock(next: upper) }
            block = upper
            pending.append((UInt64(truncatingIfNeeded: boundary.start), boundary.outcome))
        }

        /// Writes the collected block; `next` is the upper half of the boundary that follows, if one does.
        mutating func finishBlock(next: UInt64?) {
            guard let block, let first = pending.first, let last = pending.last else { return }
            upperStarts.append(block)
            if pending.count == 1, first.lower == 0 {
                upperOutcomes.append(first.outcome)
            } else {
                if first.lower != 0 { pending.insert((0, inForce), at: 0) }
                upperOutcomes.append(firstDetail + UInt32(details.count))
                let start = Int32(lowerStarts.count)
                lowerStarts += pending.map(\.lower)
                lowerOutcomes += pending.map(\.outcome)
                details.append(start..<Int32(lowerStarts.count))
                if block < .max, next != block + 1 {
                    upperStarts.append(block + 1)
                    upperOutcomes.append(last.outcome)
                }
            }
            inForce = last.outcome
            pending.removeAll(keepingCapacity: true)
        }
    }
}
