// SPDX-License-Identifier: Apache-2.0

/// The first 16 bytes of a request: two numbers, most significant byte first.
///
/// On a stream: the request's own length and the length of the reply that is wanted. In a datagram: its
/// sequence number and the length of the reply.
struct Header: Equatable {
    /// Bytes that a header takes.
    static let size = 16

    var first: UInt64
    var replyLength: UInt64

    init(first: Int, replyLength: Int) {
        self.first = UInt64(first)
        self.replyLength = UInt64(replyLength)
    }

    /// The header at the start of `bytes`, or `nil` if they are too few.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count >= Self.size else { return nil }
        first = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        replyLength = bytes.dropFirst(8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A message of `length` bytes, at least 16, that starts with this header.
    func message(length: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0x5a, count: length)
        for index in 0..<8 {
            bytes[index] = UInt8(truncatingIfNeeded: first >> UInt64(56 - 8 * index))
            bytes[8 + index] = UInt8(truncatingIfNeeded: replyLength >> UInt64(56 - 8 * index))
        }
        return bytes
    }
}
