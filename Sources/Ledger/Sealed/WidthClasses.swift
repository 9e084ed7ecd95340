// SPDX-License-Identifier: Apache-2.0

/// The sixteen widths, in bits, that the values of one column are written in.
///
/// Values of traffic spread over many magnitudes, so each is written as narrow as it can be: a tag of four bits names
/// its width. Which widths there are is chosen for every segment and column.
struct WidthClasses {
    /// Widths in bits, ascending; always sixteen, the last ones may repeat.
    let widths: [UInt8]
    /// By the number of a value's significant bits, the tag of the narrowest width that holds it.
    private let tags: [UInt8]

    static let count = 16

    /// The classes that write `values` in fewest bits, or nearly: neighbours are joined while there are too many.
    init(for values: some Sequence<UInt64>) {
        var population = [Int](repeating: 0, count: 65)
        for value in values { population[Self.bits(of: value)] += 1 }
        var used = (0...64).filter { population[$0] > 0 }
        var members = used.map { population[$0] }
        while used.count > Self.count {
            // Joining a class to the next wider one costs each member the difference.
            let cheapest = used.indices.dropLast()
                .min { members[$0] * (used[$0 + 1] - used[$0]) < members[$1] * (used[$1 + 1] - used[$1]) }
            guard let cheapest else { break }
            members[cheapest + 1] += members[cheapest]
            members.remove(at: cheapest)
            used.remove(at: cheapest)
        }
        let widest = used.last ?? 0
        widths = (used + Array(repeating: widest, count: Self.count - used.count)).map { UInt8($0) }
        var tags = [UInt8](repeating: 0, count: 65)
        var tag = 0
        for bits in 0...widest {
            if used.isEmpty { break }
            if bits > used[tag] { tag += 1 }
            tags[bits] = UInt8(tag)
        }
        self.tags = tags
    }

    /// The tag for `value`, one of those that the classes were made for.
    func tag(of value: UInt64) -> Int {
        Int(tags[Self.bits(of: value)])
    }

    private static func bits(of value: UInt64) -> Int {
        UInt64.bitWidth - value.leadingZeroBitCount
    }
}
