// SPDX-License-Identifier: Apache-2.0
import Traffic

/// The rows of an answer with each bucket's unnamed groups after its named ones: the lines of CSV and tables.
struct AnswerLines: Sequence, IteratorProtocol {
    enum Line {
        case row(UsageFacts.Fact)
        case other(UsageFacts.Fact)
    }

    private let rows: [UsageFacts.Fact]
    private let others: [UsageFacts.Fact]
    private var nextRow = 0
    private var nextOther = 0

    init(_ answer: UsageAnswer) {
        rows = answer.rows
        others = answer.other?.buckets ?? []
    }

    mutating func next() -> Line? {
        let row = nextRow < rows.count ? rows[nextRow] : nil
        let other = nextOther < others.count ? others[nextOther] : nil
        if let row, other.map({ row.bucketStart <= $0.bucketStart }) ?? true {
            nextRow += 1
            return .row(row)
        }
        guard let other else { return nil }
        nextOther += 1
        return .other(other)
    }
}
