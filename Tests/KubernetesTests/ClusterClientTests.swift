// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import TestSupport
import Testing

@testable import Kubernetes

@Suite("Trust, identity and token reviews over HTTPS", .timeLimit(.minutes(1)))
struct ClusterClientTests {
    private static let status = TokenStatus.serviceAccount(
        "agent",
        namespace: "netledger",
        node: "n1",
        pod: "agent-x",
        podUID: "u1",
        audiences: ["netledger", "https://kubernetes.default.svc"]
    )

    private static func cluster() throws -> FakeCluster {
        let cluster = try FakeCluster()
        cluster.setStatus(status, ofToken: "good")
        return cluster
    }

    /// Asks a server about a token, as the shortest way to try a connection.
    private static func ask(
        _ cluster: FakeCluster,
        _ address: FakeCluster.Address,
        cluster lines: [String] = [],
        user: [String] = [],
        isTrusting: Bool = true
    ) async throws -> TokenReview {
        try await TestClient.with(cluster, address, cluster: lines, user: user, isTrusting: isTrusting) { client in
            try await client.review(token: "good", audiences: ["netledger"])
        }
    }

    @Test("a token is reviewed with its user, node and pod")
    func review() async throws {
        let cluster = try Self.cluster()
        try await cluster.serve { (address) async throws -> Void in
            try await TestClient.with(cluster, address) { client in
                let good = try await client.review(token: "good", audiences: ["other", "netledger"])
                #expect(good.isAuthenticated && good.error == nil)
                #expect(good.username == "system:serviceaccount:netledger:agent")
                #expect(good.groups.contains("system:serviceaccounts:netledger"))
                #expect(good.nodeName == "n1" && good.podName == "agent-x" && good.podUID == "u1")
                #expect(good.audiences == ["netledger"])
                #expect(try await client.review(token: "good", audiences: []).isAuthenticated)
                let bad = try await client.review(token: "bad", audiences: ["netledger"])
                #expect(!bad.isAuthenticated && bad.error != nil && bad.username.isEmpty)
                let foreign = try await client.review(token: "good", audiences: ["other"])
                #expect(!foreign.isAuthenticated)
            }
        }
    }

    @Test("a review that cannot be had is an error, and the token is not in it")
    func reviewFails() async throws {
        let cluster = try Self.cluster()
        try await cluster.serve { (address) async throws -> Void in
            try await TestClient.with(cluster, address) { client in
                for (fault, says) in [
                    (Fault.status(code: 403, reason: "Forbidden", message: "no"), "does not allow"),
                    (.status(code: 500, reason: "InternalError", message: "etcd"), "etcd"),
                    (.foreign(code: 200, body: "<html>"), "cannot be read"), (.cut(afterBytes: 10), "connection"),
                ] {
                    cluster.script(fault, for: .review)
                    let error = await #expect(throws: ClusterError.self) {
                        try await client.review(token: "good", audiences: [])
                    }
                    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
                    #expect(error?.description.contains("good") == false)
                }
            }
        }
    }

    @Test("a token file that rotates is read again, and once more when the server refuses it")
    func tokenRotation() async throws {
        let cluster = try Self.cluster()
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let file = directory.file("token")
        @Sendable func write(_ token: String) throws {
            // As the kubelet does it: a new file under the old name.
            try "\(token)\n".write(toFile: file, atomically: true, encoding: .utf8)
        }
        try write("first")
        cluster.accept(tokens: ["first"])
        try await cluster.serve { (address) async throws -> Void in
            try await TestClient.with(cluster, address, user: ["tokenFile: \(file)"]) { client in
                #expect(try await client.review(token: "good", audiences: []).isAuthenticated)
                cluster.accept(tokens: ["second"])
                await #expect(throws: ClusterError.self) { try await client.review(token: "good", audiences: []) }
                try write("second")
                #expect(try await client.review(token: "good", audiences: []).isAuthenticated)
                try FileManager.default.removeItem(atPath: file)
                #expect(
                    try await client.review(token: "good", audiences: []).isAuthenticated,
                    "the last one that was read"
                )
            }
        }
        let seen = cluster.snapshot.requests.map(\.authorization)
        #expect(seen == ["Bearer first", "Bearer first", "Bearer first", "Bearer second", "Bearer second"])
    }

    @Test("a watch whose token expired goes on with the next one")
    func tokenExpiry() async throws {
        let cluster = try FakeCluster()
        cluster.put(.pod("a"))
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let file = directory.file("token")
        try "first".write(toFile: file, atomically: true, encoding: .utf8)
        cluster.accept(tokens: ["first"])
        var limits = FollowLimits()
        limits.firstWait = .milliseconds(2)
        limits.longestWait = .milliseconds(20)
        let bounds = limits
        try await cluster.serve { (address) async throws -> Void in
            try await TestClient.with(cluster, address, limits: bounds, user: ["tokenFile: \(file)"]) { client in
                let follower = client.follower(of: Pod.self)
                let copy = Copy<Pod>()
                let task = Task { await follower.run { copy.take($0) } }
                await copy.until { $0.completed == 1 }
                cluster.accept(tokens: ["second"])
                cluster.cutWatches()
                let before = cluster.snapshot.requests.count
                try await cluster.until { $0.requests.count >= before + 3 }
                #expect(follower.status.failure?.message.contains("401") == true)
                #expect(follower.status.isSynced)
                try "second".write(toFile: file, atomically: true, encoding: .utf8)
                cluster.put(.pod("b"))
                await copy.until { $0.names == ["a", "b"] }
                #expect(copy.snapshot.completed == 1)
                task.cancel()
                await task.value
            }
        }
    }

    @Test("only certificates of the trusted authority, for the right name, are accepted")
    func trust() async throws {
        let cluster = try Self.cluster()
        let other = try Self.cluster()
        try await cluster.serve(names: ["kubernetes"]) { (address) async throws -> Void in
            let name = ["tls-server-name: kubernetes"]
            #expect(try await Self.ask(cluster, address, cluster: name).isAuthenticated)
            let wrongName = await #expect(throws: ClusterError.self) { try await Self.ask(cluster, address) }
            #expect(wrongName?.description.contains("certificate") == true, "\(wrongName?.description ?? "")")
            let wrongAuthority = await #expect(throws: ClusterError.self) {
                try await Self.ask(other, address, cluster: name)
            }
            #expect(
                wrongAuthority?.description.contains("not signed by") == true,
                "\(wrongAuthority?.description ?? "")"
            )
            let system = await #expect(throws: ClusterError.self) {
                try await Self.ask(cluster, address, cluster: name, isTrusting: false)
            }
            #expect(system?.description.contains("not signed by") == true)
            let lines = ["insecure-skip-tls-verify: true"]
            #expect(try await Self.ask(cluster, address, cluster: lines, isTrusting: false).isAuthenticated)
        }
    }

    @Test("servers at IPv6 addresses")
    func ipv6() async throws {
        let cluster = try Self.cluster()
        try await cluster.serve(host: "::1") { (address) async throws -> Void in
            #expect(address.url.hasPrefix("https://[::1]:"))
            #expect(try await Self.ask(cluster, address).isAuthenticated)
        }
        try await cluster.serve(host: "::1", names: ["kubernetes"]) { (address) async throws -> Void in
            #expect(try await Self.ask(cluster, address, cluster: ["tls-server-name: kubernetes"]).isAuthenticated)
        }
    }

    @Test("a pod's own credentials, with an authority that is replaced")
    func inCluster() async throws {
        let cluster = try Self.cluster()
        cluster.accept(tokens: ["mine"])
        let next = try Self.cluster()
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try "mine".write(toFile: directory.file("token"), atomically: true, encoding: .utf8)
        try cluster.authority.certificate.write(toFile: directory.file("ca.crt"), atomically: true, encoding: .utf8)
        let port = try await cluster.serve { (address) async throws -> Int in
            let environment = ["KUBERNETES_SERVICE_HOST": address.host, "KUBERNETES_SERVICE_PORT": "\(address.port)"]
            let credentials = try ClusterCredentials.inCluster(environment: environment, directory: directory.path)
            let client = ClusterClient(credentials)
            #expect(try await client.review(token: "good", audiences: []).isAuthenticated)
            try await client.shutdown()
            return address.port
        }
        let environment = ["KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "\(port)"]
        let credentials = try ClusterCredentials.inCluster(environment: environment, directory: directory.path)
        let client = ClusterClient(credentials)
        try await next.serve(port: port) { (_) async throws -> Void in
            await #expect(throws: ClusterError.self) { try await client.review(token: "good", audiences: []) }
            try next.authority.certificate.write(toFile: directory.file("ca.crt"), atomically: true, encoding: .utf8)
            #expect(try await client.review(token: "good", audiences: []).isAuthenticated)
        }
        try await client.shutdown()
    }

    @Test("client certificates from a file or inline, from a plugin, and none")
    func clientCertificate() async throws {
        let cluster = try Self.cluster()
        let clients = try TestAuthority(name: "Clients")
        let identity = try clients.issue(name: "netledger", organization: "readers")
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try identity.certificate.write(toFile: directory.file("c.crt"), atomically: true, encoding: .utf8)
        try identity.key.write(toFile: directory.file("c.key"), atomically: true, encoding: .utf8)
        @Sendable func inline(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
        try await cluster.serve(clientAuthority: clients.certificate) { (address) async throws -> Void in
            let files = ["client-certificate: \(directory.file("c.crt"))", "client-key: \(directory.file("c.key"))"]
            #expect(try await Self.ask(cluster, address, user: files).isAuthenticated)
            let data = [
                "client-certificate-data: \(inline(identity.certificate))", "client-key-data: \(inline(identity.key))",
            ]
            #expect(try await Self.ask(cluster, address, user: data).isAuthenticated)
            let none = await #expect(throws: ClusterError.self) { try await Self.ask(cluster, address) }
            #expect(none?.description.contains("connection to the API server failed") == true)
            let noKey = [
                "client-certificate-data: \(inline(identity.certificate))", "client-key-data: \(inline("no"))",
            ]
            let wrong = await #expect(throws: ClusterError.self) { try await Self.ask(cluster, address, user: noKey) }
            #expect(wrong?.description.contains("not a private key") == true)
        }
    }
}
