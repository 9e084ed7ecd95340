// SPDX-License-Identifier: Apache-2.0

import Classification
import Settings
import Traffic

extension Destinations {
    /// The lists under the key `destinations`, in the form that acll19/netledger's files have.
    ///
    /// ```yaml
    /// destinations:
    ///   in-zone: [10.1.0.0/16]
    ///   in-region: []
    ///   cross-region:
    ///   internet: ["10.9.9.9", "2001:db8::/32"]
    ///   direct-classification:
    ///     - region: us-east-1
    ///       zone: us-east-1a
    ///       ips: [10.0.0.0/24]
    /// ```
    ///
    /// Any list may be absent, empty or null. An entry of `direct-classification` needs a region or a zone.
    ///
    /// - Throws: an error that names file, line and key of what cannot be used.
    init(_ node: SettingsNode) throws(SettingsError) {
        let lists = try node.mapping(["direct-classification", "internet", "in-zone", "in-region", "cross-region"])
        self.init(
            directClassification: try Self.direct(lists["direct-classification"]),
            internet: try Self.blocks(lists["internet"]),
            inZone: try Self.blocks(lists["in-zone"]),
            inRegion: try Self.blocks(lists["in-region"]),
            crossRegion: try Self.blocks(lists["cross-region"])
        )
    }

    private static func direct(_ node: SettingsNode?) throws(SettingsError) -> [Direct] {
        guard let node else { return [] }
        var entries: [Direct] = []
        for item in try node.list() {
            let fields = try item.mapping(["region", "zone", "ips"])
            let region = try fields["region"].placeName()
            let zone = try fields["zone"].placeName()
            guard region != nil || zone != nil else {
                throw SettingsError(item.origin, "the entry needs a region, a zone, or both")
            }
            guard fields["ips"] != nil else {
                throw SettingsError(item.origin, "the entry needs ips, the blocks that stand there")
            }
            entries.append(Direct(region: region, zone: zone, blocks: try blocks(fields["ips"])))
        }
        return entries
    }

    private static func blocks(_ node: SettingsNode?) throws(SettingsError) -> [CIDR] {
        try node?.blocks() ?? []
    }
}
