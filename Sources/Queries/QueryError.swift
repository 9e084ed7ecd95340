// SPDX-License-Identifier: Apache-2.0

/// Why the parameters of a query were refused.
public struct QueryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The parameter at fault, as the client spelled it.
    public let parameter: String
    /// What is wrong with it and what is accepted: a sentence for whoever typed it.
    public let detail: String
    /// True if the question is a valid one that whoever asks may not ask.
    public let isForbidden: Bool

    /// An error about `parameter`.
    public init(parameter: String, detail: String, isForbidden: Bool = false) {
        self.parameter = parameter
        self.detail = detail
        self.isForbidden = isForbidden
    }

    /// The parameter's name and what is wrong with it.
    public var description: String {
        "\(Self.quoted(parameter)): \(detail)"
    }

    /// What a client sent, short enough to be sent back.
    static func quoted(_ text: String) -> String {
        text.count <= 100 ? "'\(text)'" : "'\(text.prefix(100))…'"
    }
}
