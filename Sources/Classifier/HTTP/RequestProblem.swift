// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import Queries

/// A request that is answered with a problem: the RFC 9457 document and the header fields that go with it.
struct RequestProblem: Error, Sendable {
    /// What the body says.
    var problem: Problem
    /// Further header fields, for instance `Allow` or `Retry-After`.
    var headers: HTTPFields

    /// `problem`, with `headers` added.
    init(_ problem: Problem, headers: HTTPFields = [:]) {
        self.problem = problem
        self.headers = headers
    }

    /// A problem whose title is the status's own phrase.
    ///
    /// - Parameters:
    ///   - detail: A sentence that says what is wrong and what would be right.
    ///   - parameter: The query parameter at fault.
    ///   - field: The field of the body, or the header, at fault.
    init(
        _ status: HTTPResponse.Status,
        _ detail: String,
        parameter: String? = nil,
        field: String? = nil,
        headers: HTTPFields = [:]
    ) {
        self.init(
            Problem(
                status: status.code,
                title: status.reasonPhrase,
                detail: detail,
                parameter: parameter,
                field: field
            ),
            headers: headers
        )
    }

    /// The answer.
    var response: Response {
        var headers = headers
        headers[.contentType] = Problem.contentType
        return Response(
            status: HTTPResponse.Status(code: problem.status),
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: problem.json()))
        )
    }
}
