// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import Queries

extension AnswerFormat {
    /// The formats by their media types, the preferred one first.
    private static let formats: [(mediaType: String, format: AnswerFormat)] = [
        ("application/json", .json),
        ("text/csv", .csv),
        ("text/plain", .table),
    ]

    /// The format that the `Accept` header of `request` prefers.
    static func preferred(by request: Request) throws(RequestProblem) -> AnswerFormat {
        let accept = request.headers[values: .accept].joined(separator: ",")
        let chosen = AcceptHeader(accept).best(of: formats.map(\.mediaType))
        guard let format = formats.first(where: { $0.mediaType == chosen })?.format else {
            let known = formats.map(\.mediaType).joined(separator: ", ")
            throw RequestProblem(
                .notAcceptable,
                "The Accept header is '\(accept)', and the answer can be one of \(known).",
                field: "accept"
            )
        }
        return format
    }
}

extension HTTPFields {
    /// The header of an answer in `format` that has `fields` to say of itself.
    init(of format: AnswerFormat, _ fields: AnswerFields) {
        self = [.contentType: format.contentType, .vary: "Accept"]
        for (name, value) in fields.pairs {
            if let name = HTTPField.Name(name) { self[name] = value }
        }
    }
}

extension Response {
    /// The response that sends `report` in pieces.
    init(_ report: Report, format: AnswerFormat, style: TableStyle) {
        self.init(report.chunks(as: format, style: style), format: format, fields: report.fields)
    }

    /// The response that sends `chunks`, which are written as `format`, one by one.
    init(_ chunks: some Sequence<[UInt8]> & Sendable, format: AnswerFormat, fields: AnswerFields) {
        self.init(
            status: .ok,
            headers: HTTPFields(of: format, fields),
            body: ResponseBody { writer in
                for chunk in chunks {
                    try await writer.write(ByteBuffer(bytes: chunk))
                }
                try await writer.finish(nil)
            }
        )
    }
}
