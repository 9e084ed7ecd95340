// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import Kubernetes
import TestSupport
import Testing

@testable import Classifier

/// The API server is asked whose a token is, over HTTPS as a real one would be.
@Suite(.timeLimit(.minutes(1))) struct ClusterTokenReviewerTests {
    @Test func aTokenIsItsServiceAccountsForOurAudienceOnly() async throws {
        let cluster = try FakeCluster()
        let status = TokenStatus.serviceAccount(
            "agent",
            namespace: "netledger",
            node: "n1",
            pod: "agent-x",
            podUID: "u1",
            audiences: ["netledger"]
        )
        cluster.setStatus(status, ofToken: "good")
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let file = folder.file("kubeconfig")
        try await cluster.serve { (address) async throws -> Void in
            try cluster.kubeconfig(address).write(toFile: file, atomically: true, encoding: .utf8)
            var settings = ClassifierSettings()
            settings.kubernetes = .kubeconfig(file)
            let client = try #require(try ClusterClient(settings))
            let reviewer = ClusterTokenReviewer(client: client)
            do {
                let good = try await reviewer.review("good", audiences: ["netledger"])
                #expect(good == .user(username: "system:serviceaccount:netledger:agent", node: "n1"))
                #expect(good.serviceAccount == "netledger/agent")
                #expect(try await reviewer.review("good", audiences: ["other"]) == .refused)
                #expect(try await reviewer.review("bad", audiences: ["netledger"]) == .refused)
                cluster.script(.status(code: 500, reason: "InternalError", message: "etcd"), for: .review)
                await #expect(throws: ClusterError.self) {
                    try await reviewer.review("good", audiences: ["netledger"])
                }
            } catch {
                try await client.shutdown()
                throw error
            }
            try await client.shutdown()
        }
    }

    @Test func withoutAClusterThereIsNobodyToAsk() throws {
        #expect(try ClusterClient(ClassifierSettings()) == nil)
    }
}
