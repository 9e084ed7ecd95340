// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments

/// Usage by namespace over a range, and what the answer must be.
struct Question {
    /// First second of the range, since 1970-01-01T00:00:00Z.
    var start: Int64
    /// First second after the range.
    var end: Int64
    /// Resolution that the answer must be read at.
    var resolution: String
    /// Egress bytes that the answer must add up to.
    var total: UInt64

    /// The request that asks it.
    var request: HTTPRequest {
        .get("/api/v1/usage?start=\(Self.text(start))&end=\(Self.text(end))&group_by=namespace&format=json")
    }

    /// Checks the answer.
    ///
    /// - Throws: ``BenchmarkError`` if it was read at another resolution, or a byte is missing.
    func check(_ body: [UInt8]) throws {
        let answer = try JSONDecoder().decode(Answer.self, from: Data(body))
        guard answer.resolution == resolution else {
            throw BenchmarkError("the query was to be read at resolution \(resolution), not \(answer.resolution)")
        }
        guard answer.total.egressBytes == total else {
            throw BenchmarkError("\(total) bytes were booked, and \(answer.total.egressBytes) are answered")
        }
    }

    private static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }

    private struct Answer: Decodable {
        struct Total: Decodable {
            var egressBytes: UInt64

            enum CodingKeys: String, CodingKey {
                case egressBytes = "egress_bytes"
            }
        }

        var resolution: String
        var total: Total
    }
}
