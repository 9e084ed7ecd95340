// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore

/// A `Status` object that tells a failure.
struct StatusAnswer {
    let code: Int
    let reason: String
    let message: String
    /// Seconds.
    var retryAfter: Int?
    /// More members of `details`.
    var details: [String] = []
    /// Members of `metadata`.
    var metadata: [String] = []

    /// The object as JSON.
    var json: String {
        let all = details + (retryAfter.map { ["\"retryAfterSeconds\":\($0)"] } ?? [])
        let extra = all.isEmpty ? "" : "\"details\":{\(all.joined(separator: ","))},"
        return """
            {"kind":"Status","apiVersion":"v1","metadata":{\(metadata.joined(separator: ","))},"status":"Failure",\
            "message":\(message.json),"reason":\(reason.json),\(extra)"code":\(code)}
            """
    }

    /// The object as the body of a response.
    var response: Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
        return Response(
            status: .init(code: code),
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: json))
        )
    }
}
