// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Synchronization

/// Counts answered requests for `http_requests_total`.
final class RequestMeter: Sendable {
    /// The labels of a count.
    struct Key: Hashable, Comparable, Sendable {
        /// Path of the route, or `unmatched`, so that clients cannot make up label values.
        var handler: String
        /// The method, or `other` if it is not one of the common ones.
        var method: String
        /// The status code.
        var code: Int

        static func < (left: Key, right: Key) -> Bool {
            (left.handler, left.method, left.code) < (right.handler, right.method, right.code)
        }
    }

    private static let knownMethods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]

    private let counts = Mutex<[Key: UInt64]>([:])

    /// Counts one request.
    ///
    /// - Parameter route: Path of the route that answered, or `nil` if there is none.
    func count(route: String?, method: HTTPRequest.Method, status: HTTPResponse.Status) {
        let key = Key(
            handler: route ?? "unmatched",
            method: Self.knownMethods.contains(method) ? method.rawValue : "other",
            code: status.code
        )
        counts.withLock { $0[key, default: 0] += 1 }
    }

    /// All counts, sorted by their labels.
    func snapshot() -> [(key: Key, count: UInt64)] {
        counts.withLock { $0.map { (key: $0.key, count: $0.value) } }.sorted { $0.key < $1.key }
    }
}
