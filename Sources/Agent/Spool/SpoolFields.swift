// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Reads fixed-width numbers, little-endian, one after the other; past the end they are 0 and ``isComplete`` is false.
struct SpoolFields {
    private var rest: ArraySlice<UInt8>
    /// False once more was read than there was.
    private(set) var isComplete = true

    /// Reads from the start of `bytes`.
    init(_ bytes: some Sequence<UInt8>) {
        rest = Array(bytes)[...]
    }

    /// The next number.
    mutating func next<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number {
        let width = Number.bitWidth / 8
        guard rest.count >= width else {
            isComplete = false
            return 0
        }
        defer { rest = rest.dropFirst(width) }
        return rest.prefix(width).reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    /// The next four numbers, as counters.
    mutating func counters() -> FlowCounters {
        FlowCounters(egressBytes: next(), ingressBytes: next(), egressPackets: next(), ingressPackets: next())
    }

    /// True if nothing is left.
    var isAtEnd: Bool {
        rest.isEmpty
    }
}

extension [UInt8] {
    /// Appends a number, little-endian.
    mutating func add<Number: FixedWidthInteger>(_ number: Number) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) as StrideTo<Int> {
            append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }

    /// Appends counters as four numbers.
    mutating func add(_ counters: FlowCounters) {
        add(counters.egressBytes)
        add(counters.ingressBytes)
        add(counters.egressPackets)
        add(counters.ingressPackets)
    }
}
