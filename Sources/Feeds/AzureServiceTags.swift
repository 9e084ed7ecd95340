// SPDX-License-Identifier: Apache-2.0

import Classification

/// `ServiceTags_<cloud>_<date>.json` of Microsoft Azure.
///
/// One prefix is listed under several tags. The order is: a service's tag of one region, a service's tag of all
/// regions, `AzureCloud` of one region, `AzureCloud`.
struct AzureServiceTags: FeedDocument {
    /// Grows with every publication; the document has no date.
    var changeNumber: Int
    var cloud: String
    var values: [Tag]

    struct Tag: Decodable {
        var name: String
        var properties: Properties
    }

    struct Properties: Decodable {
        /// Empty for a tag of all regions.
        var region: String
        var addressPrefixes: [String]
    }

    /// The regions that tags name in another way than the labels of nodes do.
    private static let regions = [
        "brazilse": "brazilsoutheast",
        "centralfrance": "francecentral",
        "germanyn": "germanynorth",
        "germanywc": "germanywestcentral",
        "norwaye": "norwayeast",
        "norwayw": "norwaywest",
        "southfrance": "francesouth",
        "switzerlandn": "switzerlandnorth",
        "switzerlandw": "switzerlandwest",
    ]

    func content() throws(DocumentError) -> FeedContent {
        guard FeedLabels.isName(cloud) else { throw .value(cloud, at: "cloud", isNot: "the name of a cloud") }
        var labels = FeedLabels()
        for (index, tag) in values.enumerated() {
            let label = try Self.label(tag, at: "values[\(index)]")
            for (position, prefix) in tag.properties.addressPrefixes.enumerated() {
                guard labels.add(prefix, label: label) else {
                    let path = "values[\(index)].properties.addressPrefixes[\(position)]"
                    throw .value(prefix, at: path, isNot: "a CIDR block")
                }
            }
        }
        return FeedContent(
            feed: cloud == "Public" ? "azure" : "azure-\(FeedLabels.slug(cloud))",
            edition: "\(changeNumber)",
            begins: nil,
            labels: labels
        )
    }

    private static func label(_ tag: Tag, at path: String) throws(DocumentError) -> FeedSnapshot.Label {
        guard FeedLabels.isName(tag.name) else {
            throw .value(tag.name, at: "\(path).name", isNot: "the name of a service tag")
        }
        let stated = tag.properties.region
        guard stated.isEmpty || FeedLabels.isName(stated) else {
            throw .value(stated, at: "\(path).properties.region", isNot: "the name of a region")
        }
        let region = stated.isEmpty ? nil : regions[stated] ?? stated
        // A tag of one region is called by the service, a dot and the region.
        let dot = region == nil ? nil : tag.name.lastIndex(of: ".")
        let service = dot.map { tag.name[..<$0] } ?? tag.name[...]
        let place = region.map { "/\(FeedLabels.slug($0))" } ?? ""
        guard service != "AzureCloud" else {
            return FeedSnapshot.Label(name: "azure\(place)", region: region, rank: region == nil ? 3 : 2)
        }
        let slug = FeedLabels.slug(service.hasPrefix("Azure") ? service.dropFirst(5) : service)
        let name = slug.isEmpty ? "azure-\(FeedLabels.slug(service))" : "azure-\(slug)"
        return FeedSnapshot.Label(name: name + place, region: region, rank: region == nil ? 1 : 0)
    }
}
