// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a message we accept, or a value is not one we send.
public enum WireError: Error, Hashable, Sendable {
    /// The bytes are not protobuf of the expected shape: truncated, a wrong wire type, text that is not UTF-8.
    case malformed(reason: String)
    /// The message says that it follows another version of the schema, or none (0).
    case unsupportedVersion(UInt32)
    /// A field's value breaks the limits that `flow_batch.proto` states.
    ///
    /// `field` is its path as in that file, with indexes, for instance `owners[3].pod`.
    case invalid(field: String, reason: String)
}

extension WireError: CustomStringConvertible {
    /// A sentence that names the field and what is wrong with it.
    public var description: String {
        switch self {
        case .malformed(let reason):
            "The body is not a protobuf message of the expected shape: \(reason)."
        case .unsupportedVersion(0):
            "The body states no schema_version; this program reads version \(WireLimits.schemaVersion)."
        case .unsupportedVersion(let version):
            "schema_version is \(version); this program reads version \(WireLimits.schemaVersion). "
                + "Run agents and classifier of the same release."
        case .invalid(let field, let reason):
            "\(field) \(reason)."
        }
    }

    /// The path of the offending field, or `nil` if the bytes could not be read that far.
    public var field: String? {
        switch self {
        case .malformed: nil
        case .unsupportedVersion: "schema_version"
        case .invalid(let field, _): field
        }
    }
}
