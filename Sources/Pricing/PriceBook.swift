// SPDX-License-Identifier: Apache-2.0

/// What bytes cost: lines with their conditions and dated prices, all in one currency.
///
/// A byte may meet several lines, for instance NAT processing and internet egress, and costs their sum. The book
/// says for which time it is complete; outside of that it gives no answer, rather than zero.
public struct PriceBook: Hashable, Sendable {
    /// The book's name.
    public var name: String
    /// The currency's code, three capital letters as in ISO 4217.
    public var currency: String
    /// First second for which the book is complete, since 1970-01-01T00:00:00Z.
    public var start: Int64
    /// First second for which it is not any more; `nil` if it has no end.
    public var end: Int64?
    /// Who sells, for invoices' columns; empty if not stated.
    public var provider: String
    /// Where the prices were read; empty if not stated.
    public var source: String
    /// The day on which they were read, `yyyy-mm-dd`; empty if not stated.
    public var retrieved: String
    /// True for a list of published prices that is no offer to anybody.
    public var isExample: Bool
    /// The lines, in the file's order.
    public var lines: [PriceLine]
    /// A name for exactly this content: the same text has the same.
    public var fingerprint: String

    /// A book with the given parts.
    public init(
        name: String,
        currency: String,
        start: Int64,
        end: Int64? = nil,
        provider: String = "",
        source: String = "",
        retrieved: String = "",
        isExample: Bool = false,
        lines: [PriceLine],
        fingerprint: String = ""
    ) {
        self.name = name
        self.currency = currency
        self.start = start
        self.end = end
        self.provider = provider
        self.source = source
        self.retrieved = retrieved
        self.isExample = isExample
        self.lines = lines
        self.fingerprint = fingerprint
    }

    /// The names of the lines' charges, in the order of their first lines.
    public var charges: [String] {
        lines.reduce(into: []) { charges, line in
            if !charges.contains(line.charge) { charges.append(line.charge) }
        }
    }
}
