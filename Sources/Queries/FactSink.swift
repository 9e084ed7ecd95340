// SPDX-License-Identifier: Apache-2.0

/// What sums up the answers to several questions while they are read, so that they never exist as a whole.
public protocol FactSink: Sendable {
    /// Takes some of the facts that answer one of the questions.
    ///
    /// - Parameters:
    ///   - facts: Facts that were not given before; each (bucket, group) comes once.
    ///   - question: Index of the question.
    /// - Throws: What ends the reading, such as ``AnswerTooLarge``.
    mutating func add(_ facts: [UsageFacts.Fact], of question: Int) throws
}

/// An answer would have more rows than may be gathered.
public struct AnswerTooLarge: Error, Hashable, Sendable, CustomStringConvertible {
    /// An answer that is too large.
    public init() {}

    /// A sentence for whoever asked, without its full stop.
    public var description: String {
        "the answer has more than \(UsageQuery.mostFacts) rows; group by fewer dimensions, filter, or ask for a larger "
            + "step or a shorter range"
    }
}
