// SPDX-License-Identifier: Apache-2.0

/// An HTTP/1.1 request for a kept-alive connection, as the bytes to send.
package struct HTTPRequest: Sendable {
    /// Header and body, made ahead so that sending costs nothing but the sending.
    package let bytes: [UInt8]

    /// Asks for `target`, a path with its query.
    package static func get(_ target: String) -> HTTPRequest {
        HTTPRequest(bytes: Array("GET \(target) HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
    }

    /// Posts an encoded batch of flows, or a delivery of some.
    ///
    /// - Parameter token: What the sender shows, if anything.
    package static func flows(_ batch: [UInt8], token: String? = nil) -> HTTPRequest {
        let authorization = token.map { "authorization: Bearer \($0)\r\n" } ?? ""
        let header = """
            POST /v1/flows HTTP/1.1\r
            host: localhost\r
            \(authorization)content-type: application/x-protobuf\r
            content-length: \(batch.count)\r
            \r

            """
        return HTTPRequest(bytes: Array(header.utf8) + batch)
    }
}
