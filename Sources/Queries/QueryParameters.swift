// SPDX-License-Identifier: Apache-2.0

/// The raw parameters of a question, what whoever asks it may see, and what the ledger that is asked still keeps.
///
/// They travel together: a query is made of its parameters, so it cannot be made without its limits.
public struct QueryParameters: Sendable {
    /// Names and values, percent-decoded, in the order they were sent.
    public var pairs: [(name: String, value: String)]
    /// What may be seen.
    public var visibility: Visibility
    /// What is still kept: a range is widened to whole buckets of the finest tier that is there.
    public var horizon = TierHorizon.everything
    /// Finds a time zone by its name; without this, there is only UTC.
    public var zones: @Sendable (String) -> Zone? = { $0 == Zone.utc.name ? .utc : nil }

    /// `pairs`, asked by somebody who may see `visibility`, of a ledger that keeps everything.
    public init(_ pairs: [(name: String, value: String)], visibility: Visibility = .everything) {
        self.pairs = pairs
        self.visibility = visibility
    }

    /// The same asked with `pairs` instead.
    func with(_ pairs: [(name: String, value: String)]) -> QueryParameters {
        var parameters = self
        parameters.pairs = pairs
        return parameters
    }
}

extension QueryParameters: ExpressibleByArrayLiteral {
    /// `elements`, asked by somebody who may see everything.
    public init(arrayLiteral elements: (name: String, value: String)...) {
        self.init(elements)
    }
}
