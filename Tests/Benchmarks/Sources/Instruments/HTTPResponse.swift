// SPDX-License-Identifier: Apache-2.0

/// The answer to an ``HTTPRequest``.
package struct HTTPResponse: Sendable {
    /// The status code.
    package var status: Int
    /// The body, without its transfer coding.
    package var body: [UInt8]
    /// Seconds that the sender is asked to wait before it tries again, if it is.
    package var retryAfter: Double?

    /// The body, if the status is 200.
    ///
    /// - Throws: ``BenchmarkError`` with what the server said otherwise.
    package func accepted() throws(BenchmarkError) -> [UInt8] {
        guard status == 200 else {
            throw BenchmarkError("the server answered \(status): \(String(decoding: body.prefix(1000), as: UTF8.self))")
        }
        return body
    }
}
