// SPDX-License-Identifier: Apache-2.0
import Foundation

extension SpoolInspection {
    /// The answer as JSON; times are nanoseconds since 1970-01-01T00:00:00Z.
    ///
    /// - Throws: What the encoder throws, which it does for no value of this type.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }

    /// The answer for people.
    ///
    /// - Parameter now: The time in nanoseconds since 1970-01-01T00:00:00Z.
    func text(at now: Int64) -> String {
        var lines = ["Segments: \(segments.count), \(bytes) bytes on disk"]
        lines.append(Self.line("Waiting", waiting, at: now))
        lines.append(Self.line("Kept", kept, at: now))
        for (reason, share) in lost.sorted(by: { $0.key < $1.key }) {
            lines.append("Lost (\(reason)): \(share.egressBytes) bytes sent, \(share.ingressBytes) bytes received")
        }
        if lost.isEmpty { lines.append("Lost: nothing") }
        if let lastSource, let lastSequence {
            lines.append("Last batch: sequence \(lastSequence) of boot \(lastSource)")
        }
        for segment in segments {
            let damage = segment.damaged == 0 ? "" : ", \(segment.damaged) damaged"
            lines.append(
                "\(segment.name): \(segment.bytes) bytes, \(segment.kept) kept, \(segment.waiting) waiting\(damage)"
            )
        }
        lines += problems
        return lines.map { $0 + "\n" }.joined()
    }

    private static func line(_ name: String, _ share: Share, at now: Int64) -> String {
        let bytes = "\(share.egressBytes) bytes sent, \(share.ingressBytes) bytes received"
        let age = share.oldest.map { ", the oldest \(max(0, now - $0) / 1_000_000_000) s old" } ?? ""
        return "\(name): \(share.batches) batches, \(bytes)\(age)"
    }
}
