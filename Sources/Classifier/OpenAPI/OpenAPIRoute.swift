// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import Queries

/// `GET /api/v1/openapi.json`: what the classifier can be asked, as OpenAPI 3.1.
struct OpenAPIRoute: Sendable {
    /// The route.
    var route: Route {
        .get("/api/v1/openapi.json", for: .limitedReaders) { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: Self.document))
            )
        }
    }

    private static let document: [UInt8] = {
        var json = JSONWriter()
        json.beginObject()
        json.member("openapi", "3.1.0")
        json.key("info")
        json.beginObject()
        json.member("title", "NetLedger")
        json.member("description", "Which pod caused these bytes, where did they go, and what will they cost?")
        json.member("version", Version.current)
        json.endObject()
        json.key("paths")
        json.beginObject()
        var paths: [String] = []
        for operation in APIOperation.all where !paths.contains(operation.path) { paths.append(operation.path) }
        for path in paths {
            json.key(path)
            json.beginObject()
            for operation in APIOperation.all where operation.path == path {
                json.key(operation.method)
                json.value(operation)
            }
            json.endObject()
        }
        json.endObject()
        json.key("components")
        json.beginObject()
        json.key("schemas")
        json.beginObject()
        json.key("Problem")
        json.writeProblemSchema()
        json.endObject()
        json.endObject()
        json.endObject()
        return json.bytes
    }()
}

extension JSONWriter {
    fileprivate mutating func value(_ operation: APIOperation) {
        beginObject()
        member("summary", operation.summary)
        if !operation.parameters.isEmpty {
            key("parameters")
            beginArray()
            for parameter in operation.parameters { value(parameter) }
            endArray()
        }
        if let type = operation.requestType {
            key("requestBody")
            beginObject()
            key("required")
            value(true)
            writeContent([type]) { json, _ in
                if operation.requestMembers.isEmpty {
                    json.writeBytesSchema()
                } else {
                    json.writeSchema(of: operation.requestMembers)
                }
            }
            endObject()
        }
        key("responses")
        beginObject()
        for status in operation.statuses {
            key("\(status)")
            beginObject()
            member("description", "The answer.")
            writeContent(operation.answerTypes) { json, type in
                if type == "application/json", !operation.answerMembers.isEmpty {
                    json.writeSchema(of: operation.answerMembers)
                }
            }
            endObject()
        }
        key("default")
        beginObject()
        member("description", "What is wrong, as a problem of RFC 9457.")
        writeContent([Problem.contentType]) { json, _ in
            json.key("schema")
            json.beginObject()
            json.member("$ref", "#/components/schemas/Problem")
            json.endObject()
        }
        endObject()
        endObject()
        endObject()
    }

    private mutating func value(_ parameter: APIOperation.Parameter) {
        beginObject()
        member("name", parameter.name)
        member("in", "query")
        member("description", parameter.summary)
        if parameter.isRequired {
            key("required")
            value(true)
        }
        key("schema")
        beginObject()
        if parameter.repeats {
            member("type", "array")
            // An empty value is a value where any text is one.
            if parameter.values != nil { member("minItems", 1) }
            key("items")
            beginObject()
        }
        if let range = parameter.range {
            member("type", "integer")
            member("minimum", range.lowerBound)
            member("maximum", range.upperBound)
        } else {
            member("type", "string")
        }
        if let values = parameter.values {
            key("enum")
            beginArray()
            for text in values { value(text) }
            endArray()
        }
        if parameter.repeats { endObject() }
        endObject()
        if parameter.repeats {
            member("style", "form")
            key("explode")
            value(false)
            key("example")
            beginArray()
            value(parameter.example)
            endArray()
        } else if parameter.range != nil, let number = Int(parameter.example) {
            member("example", number)
        } else {
            member("example", parameter.example)
        }
        endObject()
    }

    /// Writes what a body may be, with the member `schema` of each type if `write` writes one; nothing if it is empty.
    private mutating func writeContent(_ types: [String], _ write: (inout JSONWriter, String) -> Void) {
        guard !types.isEmpty else { return }
        key("content")
        beginObject()
        for type in types {
            key(type)
            beginObject()
            write(&self, type)
            endObject()
        }
        endObject()
    }

    private mutating func writeBytesSchema() {
        key("schema")
        beginObject()
        member("type", "string")
        member("format", "binary")
        endObject()
    }

    private mutating func writeSchema(of members: [APIOperation.Member]) {
        key("schema")
        beginObject()
        member("type", "object")
        key("required")
        beginArray()
        for member in members { value(member.name) }
        endArray()
        key("properties")
        beginObject()
        for member in members {
            key(member.name)
            beginObject()
            key("type")
            beginArray()
            for type in member.types { value(type) }
            endArray()
            endObject()
        }
        endObject()
        endObject()
    }

    fileprivate mutating func writeProblemSchema() {
        beginObject()
        member("type", "object")
        key("required")
        beginArray()
        for name in ["type", "title", "status", "detail"] { value(name) }
        endArray()
        key("properties")
        beginObject()
        for (name, type) in [
            ("type", "string"), ("title", "string"), ("status", "integer"), ("detail", "string"),
            ("parameter", "string"), ("field", "string"),
        ] {
            key(name)
            beginObject()
            member("type", type)
            endObject()
        }
        endObject()
        endObject()
    }
}
