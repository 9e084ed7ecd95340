// SPDX-License-Identifier: Apache-2.0
import Classification
import Foundation
import Kubernetes
import Testing

@testable import Classifier

/// What events of ReplicaSets and Jobs mean to the workloads of their pods.
@Suite struct ControllerEventTests {
    private static let moment = InventoryBuilder.Moment(wall: 0, steady: 0)

    private static func metadata(_ uid: String) throws -> ObjectMetadata {
        let json = """
            {"name":"night-1","namespace":"shop","uid":"\(uid)","ownerReferences":[{"apiVersion":"batch/v1",\
            "kind":"CronJob","name":"night","uid":"c","controller":true}]}
            """
        return try JSONDecoder().decode(ObjectMetadata.self, from: Data(json.utf8))
    }

    private func workload(after events: [Roll<String>.Event<Job>]) -> Workload? {
        var builder = InventoryBuilder()
        for event in events { InventoryFeed.takeController(event, &builder, Self.moment) }
        let job = ClusterController.Reference(kind: "Job", name: "night-1", uid: "j")
        builder.put(ClusterPod(uid: "u1", namespace: "shop", name: "night-1-x", controller: job), at: Self.moment)
        return builder.inventory.names(ofPod: "u1")?.workload
    }

    @Test func aJobThatIsGoneStillNamesItsCronJob() throws {
        let job = Job(metadata: try Self.metadata("j"))
        let cronJob = Workload(kind: "CronJob", name: "night")
        #expect(workload(after: []) == Workload(kind: "Job", name: "night-1"))
        #expect(workload(after: [.put(job)]) == cronJob)
        #expect(workload(after: [.put(job), .gone("j", nil)]) == cronJob)
        // Nobody has seen it alive.
        #expect(workload(after: [.gone("j", job)]) == cronJob)
    }
}
