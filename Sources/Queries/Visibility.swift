// SPDX-License-Identifier: Apache-2.0

/// Which bytes somebody may ask about.
public enum Visibility: Hashable, Sendable {
    /// All of them.
    case everything
    /// Those of owners in these namespaces. What has no namespace, as losses and what rules decided, is not among them.
    case namespaces(Set<String>)

    /// True if bytes of `namespace` may be seen.
    public func includes(namespace: String) -> Bool {
        switch self {
        case .everything: true
        case .namespaces(let names): names.contains(namespace)
        }
    }

    /// The namespaces it is limited to, sorted; `nil` if it is not limited.
    public var names: [String]? {
        switch self {
        case .everything: nil
        case .namespaces(let names): names.sorted()
        }
    }
}

extension Visibility {
    /// What `filters` count of what may be seen.
    ///
    /// - Throws: An error about the parameter `namespace` if it asks for what may not be seen.
    func limit(_ filters: [Dimension: Set<String>]) throws(QueryError) -> [Dimension: Set<String>] {
        guard case .namespaces(let names) = self else { return filters }
        var filters = filters
        let asked = filters[.namespace] ?? names
        if let stranger = asked.subtracting(names).min() {
            throw QueryError(
                parameter: Dimension.namespace.rawValue,
                detail: "\(QueryError.quoted(stranger)) is not among the namespaces that your credentials may see: "
                    + "\(names.sorted().joined(separator: ", "))",
                isForbidden: true
            )
        }
        filters[.namespace] = asked
        return filters
    }
}
