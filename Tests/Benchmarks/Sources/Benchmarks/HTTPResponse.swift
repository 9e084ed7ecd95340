// SPDX-License-Identifier: Apache-2.0
import Instruments

/// The answer to an ``HTTPRequest``.
struct HTTPResponse: Sendable {
    /// The status code.
    var status: Int
    /// The body, without its transfer coding.
    var body: [UInt8]

    /// The body, if the status is 200.
    ///
    /// - Throws: ``BenchmarkError`` with what the server said otherwise.
    func accepted() throws(BenchmarkError) -> [UInt8] {
        guard status == 200 else {
            throw BenchmarkError("the server answered \(status): \(String(decoding: body.prefix(1000), as: UTF8.self))")
        }
        return body
    }
}
