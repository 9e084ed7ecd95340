// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import TestSupport

@testable import Kubernetes

/// Clients of a ``FakeCluster``, made from a kubeconfig as in earnest.
enum TestClient {
    static func credentials(
        _ cluster: FakeCluster,
        _ address: FakeCluster.Address,
        cluster lines: [String] = [],
        user: [String] = [],
        isTrusting: Bool = true
    ) throws -> ClusterCredentials {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let text = cluster.kubeconfig(address, cluster: lines, user: user, isTrusting: isTrusting)
        try text.write(toFile: directory.file("config"), atomically: false, encoding: .utf8)
        return try ClusterCredentials.kubeconfig(path: directory.file("config"))
    }

    /// A client that is shut down after `body`.
    static func with<Value>(
        _ cluster: FakeCluster,
        _ address: FakeCluster.Address,
        limits: FollowLimits = FollowLimits(),
        cluster lines: [String] = [],
        user: [String] = [],
        isTrusting: Bool = true,
        _ body: (ClusterClient) async throws -> Value
    ) async throws -> Value {
        let credentials = try credentials(cluster, address, cluster: lines, user: user, isTrusting: isTrusting)
        let client = ClusterClient(credentials, limits: limits)
        let result: Value
        do {
            result = try await body(client)
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
        return result
    }
}
