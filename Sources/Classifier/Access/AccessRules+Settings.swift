import Classification
import Identity
import Settings
// SPDX-License-Identifier: Apache-2.0
import Traffic

extension AccessRules {
    /// The rules in the file at `path`; `README.md` beside this file describes it.
    ///
    /// - Throws: `SettingsError` that names file, line and key of what cannot be used, and holds no secret.
    init(path: String) throws(SettingsError) {
        try self.init(SettingsFile(path: path))
    }

    /// The rules in `file`.
    ///
    /// - Throws: `SettingsError` that names file, line and key of what cannot be used, and holds no secret.
    init(_ file: SettingsFile) throws(SettingsError) {
        let fields = try file.root.mapping(["agents", "audience", "readers"])
        guard let agents = fields["agents"], let readers = fields["readers"] else {
            throw SettingsError(
                file.root.origin,
                "the file needs both agents and readers: each is a list of who may, or the word anyone"
            )
        }
        if let node = fields["audience"] { audience = try node.value(as: .name(maxBytes: 1_024)) }
        self.agents = try Self.party(agents) { item throws(SettingsError) in try Agent(item) }
        self.readers = try Self.party(readers) { item throws(SettingsError) in try Reader(item) }
    }

    private static func party<Rule>(
        _ node: SettingsNode,
        _ rule: (SettingsNode) throws(SettingsError) -> Rule
    ) throws(SettingsError) -> Party<Rule> {
        if !node.isNull, !node.isSequence {
            let type = SettingType<Bool>("a list, or the word anyone") { $0 == "anyone" ? true : nil }
            _ = try node.value(as: type)
            return .anyone
        }
        var rules: [Rule] = []
        for item in try node.list() { rules.append(try rule(item)) }
        return .listed(rules)
    }

    fileprivate static let credentialKeys = ["certificate", "service-account", "token", "token-sha256"]
}

extension AccessRules.Agent {
    fileprivate init(_ node: SettingsNode) throws(SettingsError) {
        let fields = try node.mapping(AccessRules.credentialKeys + ["clusters", "nodes"])
        let credential = try AccessRules.Credential(fields, of: node)
        let nodes = try fields["nodes"]?.patterns()
        if case .token = credential, nodes == nil {
            throw SettingsError(node.origin, "the entry needs nodes: a token does not say whose it is")
        }
        self.init(credential: credential, nodes: nodes, clusters: try fields["clusters"]?.patterns())
    }
}

extension AccessRules.Reader {
    fileprivate init(_ node: SettingsNode) throws(SettingsError) {
        let fields = try node.mapping(AccessRules.credentialKeys + ["namespaces"])
        var namespaces: Set<String>?
        if let list = fields["namespaces"] {
            // A list that is empty by mistake must not mean everything.
            var names: Set<String> = []
            for item in try list.list() { names.insert(try item.value(as: .name(maxBytes: 1_024))) }
            guard !names.isEmpty else {
                throw SettingsError(list.origin, "the list is empty; leave the key out for all namespaces")
            }
            namespaces = names
        }
        self.init(credential: try AccessRules.Credential(fields, of: node), namespaces: namespaces)
    }
}

extension AccessRules.Credential {
    fileprivate init(_ fields: [String: SettingsNode], of node: SettingsNode) throws(SettingsError) {
        let given = AccessRules.credentialKeys.filter { fields[$0] != nil }
        guard given.count == 1, let key = given.first, let value = fields[key] else {
            let known = AccessRules.credentialKeys.joined(separator: ", ")
            throw SettingsError(node.origin, "the entry needs exactly one of \(known)")
        }
        switch key {
        case "certificate":
            self = .certificate(NamePattern(try value.value(as: .name(maxBytes: 1_024))))
        case "service-account":
            let type = SettingType<String>("namespace/name of a service account") { text in
                let parts = text.split(separator: "/", omittingEmptySubsequences: false)
                let isPlain = parts.allSatisfy { !$0.isEmpty && !$0.contains(":") && !$0.contains("*") }
                return parts.count == 2 && isPlain ? text : nil
            }
            self = .serviceAccount(try value.value(as: type))
        case "token":
            self = .token(try Self.secret(value, "a token") { TokenFile.isToken($0) ? .init(of: $0.utf8) : nil })
        default:
            self = .token(try Self.secret(value, "64 hexadecimal digits", SHA256Digest.init(hex:)))
        }
    }

    /// Like `SettingsNode.value(as:)`, without the value in the error.
    private static func secret(
        _ node: SettingsNode,
        _ expectation: String,
        _ parse: @escaping @Sendable (String) -> SHA256Digest?
    ) throws(SettingsError) -> SHA256Digest {
        let text = try node.value(as: SettingType<String>("text") { $0 })
        guard let digest = parse(text) else {
            throw SettingsError(node.origin, "the value, which is not shown, is not \(expectation)")
        }
        return digest
    }
}

extension SettingsNode {
    fileprivate func patterns() throws(SettingsError) -> [NamePattern] {
        var patterns: [NamePattern] = []
        for item in try list() { patterns.append(NamePattern(try item.value(as: .name(maxBytes: 1_024)))) }
        guard !patterns.isEmpty else { throw SettingsError(origin, "the list is empty") }
        return patterns
    }
}
