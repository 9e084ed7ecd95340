// SPDX-License-Identifier: Apache-2.0

import Classification
import Feeds
import Settings
import Traffic

extension Network {
    /// The entries under the key `networks`.
    ///
    /// ```yaml
    /// networks:
    ///   - name: office
    ///     cidrs: [203.0.113.0/24]
    ///   - name: warehouse-db
    ///     cidrs: [10.40.0.0/20]
    ///     region: eu-west-1
    ///     via: direct
    ///   - name: partner
    ///     cidrs: [198.51.100.0/24]
    ///     via:
    ///       - zones: [eu-west-1a]
    ///         via: endpoint
    ///       - via: nat
    /// ```
    ///
    /// - Throws: an error that names file, line and key of what cannot be used.
    static func list(_ node: SettingsNode) throws(SettingsError) -> [Network] {
        var networks: [Network] = []
        for item in try node.list() {
            let fields = try item.mapping(["name", "cidrs", "region", "zone", "via"])
            guard let name = fields["name"], let blocks = fields["cidrs"] else {
                throw SettingsError(item.origin, "the entry needs a name, and cidrs, the blocks that it names")
            }
            networks.append(
                Network(
                    name: try name.value(as: .networkName),
                    blocks: try blocks.blocks(),
                    site: Site(region: try fields["region"].placeName(), zone: try fields["zone"].placeName()),
                    routes: try RouteRule.via(fields["via"])
                )
            )
        }
        return networks
    }
}

extension RouteRule {
    private static let nodeKeys = ["clusters", "nodes", "regions", "zones"]

    /// The entries under the key `nat`.
    ///
    /// ```yaml
    /// nat:
    ///   - networks: ["aws-s3/eu-west-1"]
    ///     via: endpoint
    ///   - zones: [eu-west-1a, eu-west-1b]
    ///     via: nat
    ///   - nodes: ["edge-*"]
    ///     via: direct
    /// ```
    ///
    /// - Throws: an error that names file, line and key of what cannot be used.
    static func list(_ node: SettingsNode) throws(SettingsError) -> [RouteRule] {
        var rules: [RouteRule] = []
        for item in try node.list() { rules.append(try rule(item, keys: nodeKeys + ["networks", "via"])) }
        return rules
    }

    /// A network's `via`: one way for all nodes, or a list of rules.
    fileprivate static func via(_ node: SettingsNode?) throws(SettingsError) -> [RouteRule] {
        guard let node, !node.isNull else { return [] }
        guard node.isSequence else { return [RouteRule(route: try node.value(as: .route))] }
        var rules: [RouteRule] = []
        for item in try node.list() { rules.append(try rule(item, keys: nodeKeys + ["via"])) }
        return rules
    }

    private static func rule(_ item: SettingsNode, keys: [String]) throws(SettingsError) -> RouteRule {
        let fields = try item.mapping(keys)
        guard let via = fields["via"] else {
            throw SettingsError(item.origin, "the entry needs via, the way: \(SettingType<Classification.Route>.ways)")
        }
        return RouteRule(
            nodes: Nodes(
                clusters: try fields["clusters"].patterns(),
                names: try fields["nodes"].patterns(),
                regions: try fields["regions"].patterns(),
                zones: try fields["zones"].patterns()
            ),
            networks: try fields["networks"].patterns(),
            route: try via.value(as: .route)
        )
    }
}

extension FeedFile {
    /// The entries under the key `feeds`.
    ///
    /// ```yaml
    /// feeds:
    ///   - kind: aws
    ///     file: /var/lib/netledger/ip-ranges.json
    ///   - kind: azure
    ///     file: /var/lib/netledger/azure/
    ///     scope: internet
    ///   - kind: gcp
    ///     file: cloud.json
    ///     valid-from: 2026-01-05
    ///   - kind: google
    ///     url: https://www.gstatic.com/ipranges/goog.json
    ///     file: /var/lib/netledger/google/
    ///     refresh: 6h
    ///     keep: 50
    /// ```
    ///
    /// - Throws: an error that names file, line and key of what cannot be used.
    static func list(_ node: SettingsNode) throws(SettingsError) -> [FeedFile] {
        let day = SettingType("a day written yyyy-mm-dd, such as 2026-01-05") { FeedFile.day($0) }
        let scope = SettingType("region or internet") { ["region": true, "internet": false][$0] }
        var files: [FeedFile] = []
        for item in try node.list() {
            let fields = try item.mapping(["kind", "file", "valid-from", "scope", "url", "refresh", "keep", "ca-file"])
            guard let kind = fields["kind"], let path = fields["file"] else {
                throw SettingsError(item.origin, "the entry needs a kind and a file")
            }
            let remote = try FeedRemote(fields)
            if let day = fields["valid-from"], remote != nil {
                throw SettingsError(day.origin, "editions that come from a url begin when they say; leave it out")
            }
            files.append(
                FeedFile(
                    kind: try kind.value(as: .choice),
                    path: try path.value(as: .text),
                    validFrom: try fields["valid-from"]?.value(as: day),
                    givesScope: try fields["scope"]?.value(as: scope) ?? true,
                    remote: remote
                )
            )
        }
        return files
    }
}

extension FeedRemote {
    /// The URL of a feed's entry and how it is asked; `nil` if it has none.
    fileprivate init?(_ fields: [String: SettingsNode]) throws(SettingsError) {
        guard let url = fields["url"] else {
            guard let stray = fields["refresh"] ?? fields["keep"] ?? fields["ca-file"] else { return nil }
            throw SettingsError(stray.origin, "is only for feeds with a url")
        }
        let address = try url.value(as: .httpURL)
        if let stray = fields["ca-file"], !address.hasPrefix("https://") {
            throw SettingsError(stray.origin, "is only for an https:// url")
        }
        let range = Duration.seconds(60)...Duration.seconds(30 * 86_400)
        self.init(
            url: address,
            interval: try fields["refresh"]?.value(as: .duration(in: range)) ?? Self.defaultInterval,
            keep: try fields["keep"]?.value(as: .integer(in: 1...FeedFile.maxEditions)) ?? Self.defaultKeep,
            authorities: try fields["ca-file"]?.value(as: .text)
        )
    }
}

extension SettingType where Value == String {
    /// The name of a network: what can stand in a label, and is not taken.
    fileprivate static var networkName: SettingType {
        let name = SettingType.name(maxBytes: 128)
        return SettingType("\(name.expectation), and not \"\(Network.other)\"") { text in
            text == Network.other ? nil : name.parse(text)
        }
    }
}

extension SettingType where Value == Classification.Route {
    /// The ways that can be written.
    fileprivate static var ways: String { "nat, endpoint or direct" }

    /// A way that is known; what is not known is not written.
    fileprivate static var route: SettingType {
        SettingType(ways) { text in Classification.Route(rawValue: text).flatMap { $0 == .assumedNAT ? nil : $0 } }
    }
}

extension SettingsNode? {
    /// A region's or zone's name; `nil` if it is absent, null or empty.
    func placeName() throws(SettingsError) -> String? {
        guard let node = self, !node.isNull else { return nil }
        let text = try node.value(as: SettingType("text") { $0 })
        return text.isEmpty ? nil : try node.value(as: .name(maxBytes: 1_024))
    }

    /// A list of names in which `*` stands for anything; none if it is absent.
    fileprivate func patterns() throws(SettingsError) -> [NamePattern] {
        guard let node = self else { return [] }
        let items = try node.list()
        // No name at all would silently mean every name.
        guard !items.isEmpty else {
            throw SettingsError(node.origin, "the list is empty; leave the key out to mean any")
        }
        var patterns: [NamePattern] = []
        for item in items { patterns.append(NamePattern(try item.value(as: .name(maxBytes: 1_024)))) }
        return patterns
    }
}

extension SettingsNode {
    /// A list of addresses and blocks.
    func blocks() throws(SettingsError) -> [CIDR] {
        let block = SettingType("an address or a CIDR block, such as 10.0.0.0/8 or 2001:db8::/32") { CIDR($0) }
        var blocks: [CIDR] = []
        for item in try list() { blocks.append(try item.value(as: block)) }
        return blocks
    }
}
