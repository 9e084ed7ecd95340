// SPDX-License-Identifier: Apache-2.0

/// An object of a ``FakeCluster``, most of it as JSON text that is sent as it stands.
public struct FakeObject: Sendable {
    /// What kind of object it is.
    public let kind: FakeKind
    /// The namespace; empty for kinds without.
    public let namespace: String
    /// The name.
    public let name: String
    /// The identity.
    public var uid: String
    /// Members of `metadata` besides the name, namespace, identity, version and creation time: `"labels":{…}`.
    public var metadata: [String]
    /// Members of the object besides `kind`, `apiVersion` and `metadata`: `"spec":{…}`, `"status":{…}`.
    public var content: [String]
    /// The version that the cluster gave the object last.
    public internal(set) var version: UInt64 = 0

    /// An object of these values; the identity is made from kind, namespace and name unless it is given.
    public init(
        _ kind: FakeKind,
        namespace: String = "",
        name: String,
        uid: String? = nil,
        metadata: [String] = [],
        content: [String] = []
    ) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid ?? "\(kind.plural)-\(namespace)-\(name)"
        self.metadata = metadata
        self.content = content
    }

    /// What tells the object from others of its kind.
    var key: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

    /// The object as an item of a list, which has no kind of its own, or as a whole.
    ///
    /// - Parameter shape: Whether all of it or its metadata alone is sent.
    func json(_ shape: Shape) -> String {
        var members = ["\"name\":\(name.json)"]
        if !namespace.isEmpty { members.append("\"namespace\":\(namespace.json)") }
        members += [
            "\"uid\":\(uid.json)", "\"resourceVersion\":\"\(version)\"",
            "\"creationTimestamp\":\"2026-11-01T10:00:00Z\"",
        ]
        let all = "\"metadata\":{\((members + metadata).joined(separator: ","))}"
        return switch shape {
        case .item: "{\(([all] + content).joined(separator: ","))}"
        case .whole:
            "{\"kind\":\"\(kind.name)\",\"apiVersion\":\"\(kind.apiVersion)\",\(([all] + content).joined(separator: ","))}"
        case .metadata: "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\(all)}"
        }
    }

    /// How much of an object is sent.
    enum Shape {
        case item
        case whole
        case metadata
    }
}

extension String {
    /// The text as a JSON string.
    var json: String {
        var result = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
