// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import Queries

/// `GET /api/v1/openapi.json`: what the classifier can be asked, as OpenAPI 3.1.
struct OpenAPIRoute: Sendable {
    /// The route.
    var route: Route {
        .get("/api/v1/openapi.json") { _, _ in
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
            writeContent([type], schema: nil)
            endObject()
        }
        key("responses")
        beginObject()
        key("200")
        beginObject()
        member("description", "The answer.")
        writeContent(operation.answerTypes, schema: nil)
        endObject()
        key("default")
        beginObject()
        member("description", "What is wrong, as a problem of RFC 9457.")
        writeContent([Problem.contentType], schema: "#/components/schemas/Problem")
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
            key("items")
            beginObject()
        }
        member("type", "string")
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
        } else {
            member("example", parameter.example)
        }
        endObject()
    }

    private mutating func writeContent(_ types: [String], schema: String?) {
        key("content")
        beginObject()
        for type in types {
            key(type)
            beginObject()
            if let schema {
                key("schema")
                beginObject()
                member("$ref", schema)
                endObject()
            }
            endObject()
        }
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
