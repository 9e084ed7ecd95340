// SPDX-License-Identifier: Apache-2.0
import Queries

/// The member `inventory` of a status report.
struct InventoryBody: Decodable {
    /// How a collection is followed.
    struct Collection: Decodable {
        var name: String
        var phase: String
        var synced: Bool
        var objects: Int
        var lastProgress: TimeText?
        var error: String?

        enum CodingKeys: String, CodingKey {
            case name
            case phase
            case synced
            case objects
            case lastProgress = "last_progress"
            case error
        }
    }

    /// Something that is missing.
    struct Finding: Decodable {
        var problem: String
        var detail: String
        var count: Int
        var examples: [String]
        var bytes: UInt64
    }

    var cluster: String
    var synced: Bool
    var residentBytes: UInt64
    var collections: [Collection]
    var unattributed: CountersBody
    var reattributed: CountersBody
    var findings: [Finding]

    enum CodingKeys: String, CodingKey {
        case cluster
        case synced
        case residentBytes = "resident_bytes"
        case collections
        case unattributed
        case reattributed
        case findings
    }

    /// The report that it stands for.
    var value: InventoryReport {
        InventoryReport(
            cluster: cluster,
            isSynced: synced,
            residentBytes: residentBytes,
            collections: collections.map {
                InventoryReport.Collection(
                    name: $0.name,
                    phase: $0.phase,
                    isSynced: $0.synced,
                    objects: $0.objects,
                    lastProgress: $0.lastProgress?.seconds,
                    error: $0.error
                )
            },
            unattributed: unattributed.value,
            reattributed: reattributed.value,
            findings: findings.map {
                InventoryReport.Finding(
                    problem: $0.problem,
                    detail: $0.detail,
                    count: $0.count,
                    examples: $0.examples,
                    bytes: $0.bytes
                )
            }
        )
    }
}
