// SPDX-License-Identifier: Apache-2.0

/// One page of a listing.
struct ListPage<Object: ClusterObject>: Decodable {
    /// The version of the whole listing, opaque, never empty.
    let version: String
    /// What to ask the next page with; empty on the last page.
    let continuation: String
    /// The objects that could be read.
    let objects: [Object]
    /// How many could not be read.
    let rejected: Int
    /// Why the first of them could not be read.
    let rejection: String?

    private enum CodingKeys: String, CodingKey {
        case metadata
        case items
    }

    private struct Metadata: Decodable {
        let resourceVersion: String?
        let `continue`: String?
    }

    private struct Attempt: Decodable {
        let result: Result<Object, any Error>

        init(from decoder: any Decoder) throws {
            result = Result { try Object(from: decoder) }
        }
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let metadata = try fields.decode(Metadata.self, forKey: .metadata)
        guard let version = metadata.resourceVersion, !version.isEmpty else {
            throw DecodingError.dataCorruptedError(
                forKey: .metadata,
                in: fields,
                debugDescription: "a list without metadata.resourceVersion"
            )
        }
        self.version = version
        continuation = metadata.continue ?? ""
        // The API may say null for a list that is empty.
        let items = try fields.decodeIfPresent([Attempt].self, forKey: .items) ?? []
        objects = items.compactMap { try? $0.result.get() }
        rejected = items.count - objects.count
        rejection =
            items.lazy
            .compactMap { item in
                guard case .failure(let error) = item.result else { return nil }
                return error.decodingReason
            }
            .first
    }
}
