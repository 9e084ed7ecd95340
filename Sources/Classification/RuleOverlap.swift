// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// Two entries of a configuration that hold the same addresses, so that one decides and the other does not.
///
/// Blocks inside one another in one list are no overlap: there the longer prefix is an exception to the shorter.
public struct RuleOverlap: Hashable, Sendable, CustomStringConvertible {
    /// Path of the entry that decides, such as `destinations.internet[0]`.
    public var winner: String
    /// Its block.
    public var winningBlock: CIDR
    /// Path of the entry that does not.
    public var loser: String
    /// Its block.
    public var losingBlock: CIDR

    /// True if the losing entry decides about no address at all.
    public var isShadowed: Bool {
        winningBlock.contains(losingBlock)
    }

    /// The overlap as a sentence.
    public var description: String {
        isShadowed
            ? "\(loser) (\(losingBlock)) never decides: \(winner) (\(winningBlock)) comes before it"
            : "\(winner) (\(winningBlock)) decides about a part of \(loser) (\(losingBlock))"
    }
}

extension NetworkPlan {
    /// All pairs of entries that overlap, by the order in which the losing entries are written.
    ///
    /// An entry that several others hide together, but none of them alone, is not told as shadowed.
    public func overlaps() -> [RuleOverlap] {
        var entries = Entries()
        for (number, direct) in destinations.directClassification.enumerated() {
            entries.add(direct.blocks, rank: 0, path: "destinations.direct-classification[\(number)].ips")
        }
        entries.add(destinations.internet, rank: 1, path: "destinations.internet")
        entries.add(destinations.inZone, rank: 2, path: "destinations.in-zone")
        entries.add(destinations.inRegion, rank: 3, path: "destinations.in-region")
        entries.add(destinations.crossRegion, rank: 4, path: "destinations.cross-region")
        for (number, network) in networks.enumerated() where !network.site.isUnstated {
            entries.add(network.blocks, rank: 5, path: "networks[\(number)].cidrs")
        }
        // Networks also give names, those without a place only that.
        var names = Entries()
        for (number, network) in networks.enumerated() {
            names.add(network.blocks, rank: 5, path: "networks[\(number)].cidrs")
        }
        var seen: Set<RuleOverlap> = []
        return (entries.overlaps() + names.overlaps()).filter { seen.insert($0).inserted }
    }
}

/// The entries of lists with a precedence.
private struct Entries {
    private struct Entry {
        var block: CIDR
        var rank: Int
        var path: String
        /// Position among all entries.
        var number: Int
    }

    private var entries: [Entry] = []

    mutating func add(_ blocks: [CIDR], rank: Int, path: String) {
        for (index, block) in blocks.enumerated() {
            entries.append(Entry(block: block, rank: rank, path: "\(path)[\(index)]", number: entries.count))
        }
    }

    /// Two blocks are apart or one holds the other, so those that hold a block are a stack when all are sorted.
    func overlaps() -> [RuleOverlap] {
        let sorted = entries.sorted { left, right in
            let (a, b) = (left.block, right.block)
            if a.base.isIPv4 != b.base.isIPv4 { return a.base.isIPv4 }
            if a.base != b.base { return a.base.bits < b.base.bits }
            return (a.prefixLength, left.number) < (b.prefixLength, right.number)
        }
        var holding: [Entry] = []
        var found: [(loser: Int, winner: Int, overlap: RuleOverlap)] = []
        for entry in sorted {
            while let last = holding.last, !last.block.contains(entry.block) { holding.removeLast() }
            for outer in holding where outer.rank != entry.rank || outer.block == entry.block {
                let outerWins = (outer.rank, outer.number) < (entry.rank, entry.number)
                let (winner, loser) = outerWins ? (outer, entry) : (entry, outer)
                let overlap = RuleOverlap(
                    winner: winner.path,
                    winningBlock: winner.block,
                    loser: loser.path,
                    losingBlock: loser.block
                )
                found.append((loser.number, winner.number, overlap))
            }
            holding.append(entry)
        }
        return found.sorted { ($0.loser, $0.winner) < ($1.loser, $1.winner) }.map(\.overlap)
    }
}
