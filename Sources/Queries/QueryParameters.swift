// SPDX-License-Identifier: Apache-2.0

/// The raw parameters of a question, and what whoever asks it may see.
///
/// The two travel together: a query is made of its parameters, so it cannot be made without its limits.
public struct QueryParameters: Sendable {
    /// Names and values, percent-decoded, in the order they were sent.
    public var pairs: [(name: String, value: String)]
    /// What may be seen.
    public var visibility: Visibility

    /// `pairs`, asked by somebody who may see `visibility`.
    public init(_ pairs: [(name: String, value: String)], visibility: Visibility = .everything) {
        self.pairs = pairs
        self.visibility = visibility
    }
}

extension QueryParameters: ExpressibleByArrayLiteral {
    /// `elements`, asked by somebody who may see everything.
    public init(arrayLiteral elements: (name: String, value: String)...) {
        self.init(elements)
    }
}
