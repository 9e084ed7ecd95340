// SPDX-License-Identifier: Apache-2.0

import Classification
import Traffic

/// Collects the blocks of a feed under their labels.
struct FeedLabels {
    /// A document holds at most this many blocks; the largest published today has about a tenth of it.
    static let maxEntries = 1_000_000

    private var numbers: [FeedSnapshot.Label: Int32] = [:]
    private var labels: [FeedSnapshot.Label] = []
    private var entries: [FeedSnapshot.Entry] = []

    /// Number of the blocks so far.
    var count: Int { entries.count }

    /// Adds the block that `text` stands for; false if it is not one with a length.
    mutating func add(_ text: String, label: FeedSnapshot.Label) -> Bool {
        // A bare address is a block elsewhere; a feed that has one is not in its published shape.
        guard text.utf8.contains(UInt8(ascii: "/")), let block = CIDR(text) else { return false }
        let number = numbers[label] ?? Int32(labels.count)
        if number == labels.count {
            labels.append(label)
            numbers[label] = number
        }
        entries.append(FeedSnapshot.Entry(block: block, label: number))
        return true
    }

    /// Labels and blocks, both ordered by the labels' names: of equal labels for one block the first counts, and
    /// which that is must not depend on the order of the document.
    func sorted() -> (labels: [FeedSnapshot.Label], entries: [FeedSnapshot.Entry]) {
        let order = labels.indices.sorted { (labels[$0].name, $0) < (labels[$1].name, $1) }
        var places = [Int32](repeating: 0, count: labels.count)
        for (place, label) in order.enumerated() { places[label] = Int32(place) }
        let moved = entries.map { FeedSnapshot.Entry(block: $0.block, label: places[Int($0.label)]) }
        return (order.map { labels[$0] }, moved.sorted { $0.label < $1.label })
    }

    /// `text` as a part of a network's name: lower case letters and digits of ASCII, all else as hyphens.
    static func slug(_ text: some StringProtocol) -> String {
        text.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map { $0.lowercased() }.joined(separator: "-")
    }

    /// True if `text` can be a region's or a service's name: 1 to 100 printable characters of ASCII.
    static func isName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    }
}
