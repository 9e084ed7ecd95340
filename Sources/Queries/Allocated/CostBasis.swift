// SPDX-License-Identifier: Apache-2.0

/// What costs are by.
public enum CostBasis: Hashable, Sendable {
    /// The price book.
    case estimate
    /// Saved bills, all or those of these names.
    case allocated(bills: Set<String>?)

    /// What stands in `basis` and in the column `cost_basis`.
    public var name: String {
        switch self {
        case .estimate: "estimate"
        case .allocated: "allocated"
        }
    }

    /// The parameters that this takes.
    static let parameterNames = ["basis", "bill"]

    /// The basis that the parameters `basis` and `bill` ask for; they are taken out of `parameters`.
    ///
    /// - Throws: An error about one of them; others are not looked at.
    public init(takingFrom parameters: inout QueryParameters) throws(QueryError) {
        var basis: CostBasis?
        var bills: Set<String>?
        for (name, value) in parameters.pairs {
            switch name {
            case "basis":
                guard basis == nil else {
                    throw QueryError(parameter: name, detail: "is given more than once; it takes one value")
                }
                switch value {
                case "estimate": basis = .estimate
                case "allocated": basis = .allocated(bills: nil)
                default:
                    throw QueryError(
                        parameter: name,
                        detail: "\(QueryError.quoted(value)) is not accepted; choose from estimate, allocated"
                    )
                }
            case "bill":
                bills = (bills ?? []).union(ParameterReader.values(value))
            default: break
            }
        }
        parameters.pairs.removeAll { Self.parameterNames.contains($0.name) }
        self = basis ?? .estimate
        if let bills {
            guard case .allocated = self else {
                throw QueryError(parameter: "bill", detail: "means something with basis=allocated only")
            }
            self = .allocated(bills: bills)
        }
    }
}
