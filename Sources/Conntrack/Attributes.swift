// SPDX-License-Identifier: Apache-2.0

/// Netlink attributes, found by their type.
struct Attributes {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The content of the first attribute of this type; the flags beside the type do not count.
    subscript(type: UInt32) -> UnsafeRawBufferPointer? {
        var rest = bytes
        while rest.count >= 4 {
            let length = Int(rest.loadUnaligned(as: UInt16.self))
            let found = rest.loadUnaligned(fromByteOffset: 2, as: UInt16.self) & 0x3fff
            guard (4...rest.count).contains(length) else { return nil }
            if UInt32(found) == type { return UnsafeRawBufferPointer(rebasing: rest[4..<length]) }
            rest = UnsafeRawBufferPointer(rebasing: rest[min((length + 3) & ~3, rest.count)...])
        }
        return nil
    }

    /// The integer in network order in the attribute of this type.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: UInt32, as: Number.Type) -> Number? {
        guard let bytes = self[type], bytes.count >= MemoryLayout<Number>.size else { return nil }
        return Number(bigEndian: bytes.loadUnaligned(as: Number.self))
    }
}
