// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Cuts a stream of bytes into lines, and holds no more than one line that is not complete.
struct LineBuffer: Sendable {
    /// A line that is longer than allowed.
    struct TooLong: Error, Hashable {
        /// The most bytes that a line may have.
        let limit: Int
    }

    private let limit: Int
    private var pending = ByteBuffer()
    /// How many of the pending bytes are known to hold no line end.
    private var searched = 0

    /// A buffer for lines of at most `limit` bytes, line ends not counted.
    init(limit: Int) {
        self.limit = limit
    }

    /// True if a line has begun that has no end yet.
    var hasPartialLine: Bool { pending.readableBytes > 0 }

    /// Takes the next bytes of the stream.
    mutating func append(_ bytes: ByteBuffer) {
        if pending.readableBytes == 0 {
            pending = bytes
            searched = 0
        } else {
            pending.writeImmutableBuffer(bytes)
        }
    }

    /// The next complete line without its end (`\n` or `\r\n`), or `nil` until more bytes come; empty lines are left out.
    ///
    /// - Throws: ``TooLong``, after which the stream is of no more use.
    mutating func next() throws(TooLong) -> ByteBuffer? {
        while true {
            let view = pending.readableBytesView
            guard let end = view.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) else {
                searched = view.count
                guard searched <= limit else { throw TooLong(limit: limit) }
                if searched == 0 { pending = ByteBuffer() } else { pending.discardReadBytes() }
                return nil
            }
            let length = end - view.startIndex
            guard length <= limit, var line = pending.readSlice(length: length) else { throw TooLong(limit: limit) }
            pending.moveReaderIndex(forwardBy: 1)
            searched = 0
            if line.readableBytesView.last == UInt8(ascii: "\r") { line.moveWriterIndex(to: line.writerIndex - 1) }
            if line.readableBytes > 0 { return line }
        }
    }
}
