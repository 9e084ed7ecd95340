// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import TestSupport
import Testing

@testable import Kubernetes

@Suite("Exec plugins", .timeLimit(.minutes(1)))
struct ExecPluginTests {
    /// A directory with a plugin, which notes each of its runs in the file `runs`.
    private static func directory(script: String) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let text = "#!/bin/sh\necho \"$KUBERNETES_EXEC_INFO\" >> '\(directory.file("runs"))'\n\(script)\n"
        try text.write(toFile: directory.file("plugin"), atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory.file("plugin"))
        return directory
    }

    private static func plugin(_ directory: TemporaryDirectory, cluster: ExecPlugin.Cluster? = nil) -> ExecPlugin {
        ExecPlugin(
            version: "client.authentication.k8s.io/v1",
            command: directory.file("plugin"),
            arguments: ["--role", "a b"],
            environment: Secret(["EXTRA": "e"]),
            cluster: cluster,
            installHint: nil
        )
    }

    private static func output(_ status: String, version: String = "v1") -> String {
        #"{"apiVersion":"client.authentication.k8s.io/\#(version)","kind":"ExecCredential","status":{\#(status)}}"#
    }

    private static func runs(_ directory: TemporaryDirectory) throws -> [String] {
        try String(contentsOfFile: directory.file("runs"), encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test("is given its arguments and environment and is told of the cluster")
    func run() async throws {
        let script =
            #"printf '%s' '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'"$2/$EXTRA/$#"'"}}'"#
        let directory = try Self.directory(script: script)
        defer { directory.remove() }
        let cluster = ExecPlugin.Cluster(
            server: "https://c:6443",
            tlsServerName: nil,
            insecureSkipTLSVerify: nil,
            certificateAuthorityData: "Q0E="
        )
        let credential = try await Self.plugin(directory, cluster: cluster).run()
        #expect(credential.token == Secret("a b/e/2"))
        #expect(credential.expiry == nil && credential.certificate == nil)
        #expect(
            try Self.runs(directory) == [
                #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"cluster":{"certificate-authority-data":"Q0E=","server":"https://c:6443"},"interactive":false}}"#
            ]
        )
    }

    @Test(
        "says what is wrong with its output without showing it",
        arguments: [
            ("", "not an ExecCredential in JSON"), ("hidden", "not an ExecCredential in JSON"),
            (#"{"kind":"Pod"}"#, "not of the kind"),
            (output(#""token":"hidden""#, version: "v1beta1"), "another version"),
            (#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}"#, "no status"),
            (output(""), "neither a token nor a certificate"),
            (output(#""clientKeyData":"hidden""#), "only one of"),
            (output(#""token":"hidden","expirationTimestamp":"soon""#), "not an ExecCredential in JSON"),
        ]
    )
    func wrongOutput(output: String, says: String) throws {
        let error = #expect(throws: ClusterError.self) {
            try ExecCredential(output: Array(output.utf8), version: "client.authentication.k8s.io/v1", command: "aws")
        }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("hidden") == false)
    }

    @Test("that fails is told with its last words, and one that is missing with the hint of the kubeconfig")
    func failure() async throws {
        let directory = try Self.directory(script: "echo hidden; echo first >&2; echo 'log in again' >&2; exit 3")
        defer { directory.remove() }
        let failed = await #expect(throws: ClusterError.self) { try await Self.plugin(directory).run() }
        #expect(failed?.description.contains("log in again") == true, "\(failed?.description ?? "")")
        #expect(failed?.description.contains("3") == true)
        #expect(failed?.description.contains("hidden") == false)
        let missing = ExecPlugin(
            version: "client.authentication.k8s.io/v1",
            command: "no-such-plugin-anywhere",
            arguments: [],
            environment: Secret([:]),
            cluster: nil,
            installHint: "get it from us"
        )
        let error = await #expect(throws: ClusterError.self) { try await missing.run() }
        #expect(error?.description.contains("not installed (get it from us)") == true, "\(error?.description ?? "")")
    }

    @Test("is run once for many requests, again when its word expires, and again when the server refuses it")
    func cache() async throws {
        let cluster = try FakeCluster()
        cluster.setStatus(TokenStatus(username: "u", audiences: ["a"]), ofToken: "good")
        let script = #"cat "$(dirname "$0")/answer""#
        let directory = try Self.directory(script: script)
        defer { directory.remove() }
        @Sendable func answer(_ status: String) throws {
            try Self.output(status).write(toFile: directory.file("answer"), atomically: true, encoding: .utf8)
        }
        let user = ["exec:", "  apiVersion: client.authentication.k8s.io/v1", "  command: \(directory.file("plugin"))"]
        try answer(#""token":"t1","expirationTimestamp":"2999-01-01T00:00:00Z""#)
        cluster.accept(tokens: ["t1"])
        try await cluster.serve { address in
            try await TestClient.with(cluster, address, user: user) { (client) async throws -> Void in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<10 {
                        group.addTask { () async throws -> Void in
                            #expect(try await client.review(token: "good", audiences: ["a"]).isAuthenticated)
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try Self.runs(directory).count == 1)
                // Refused: the request itself is tried again with what the next run gives.
                try answer(#""token":"t2","expirationTimestamp":"2001-01-01T00:00:00Z""#)
                cluster.accept(tokens: ["t2"])
                #expect(try await client.review(token: "good", audiences: ["a"]).isAuthenticated)
                #expect(try Self.runs(directory).count == 2)
                // Expired in 2001: each request runs it again.
                #expect(try await client.review(token: "good", audiences: ["a"]).isAuthenticated)
                #expect(try Self.runs(directory).count == 3)
            }
        }
    }

    @Test("may give a client certificate")
    func certificate() async throws {
        let cluster = try FakeCluster()
        cluster.setStatus(TokenStatus(username: "u", audiences: ["a"]), ofToken: "good")
        let clients = try TestAuthority(name: "Clients")
        let identity = try clients.issue(name: "netledger")
        let directory = try Self.directory(script: #"cat "$(dirname "$0")/answer""#)
        defer { directory.remove() }
        func json(_ text: String) -> String { "\"" + text.replacing("\n", with: "\\n") + "\"" }
        let status = "\"clientCertificateData\":\(json(identity.certificate)),\"clientKeyData\":\(json(identity.key))"
        try Self.output(status).write(toFile: directory.file("answer"), atomically: true, encoding: .utf8)
        let user = ["exec:", "  apiVersion: client.authentication.k8s.io/v1", "  command: \(directory.file("plugin"))"]
        try await cluster.serve(clientAuthority: clients.certificate) { address in
            try await TestClient.with(cluster, address, user: user) { (client) async throws -> Void in
                #expect(try await client.review(token: "good", audiences: ["a"]).isAuthenticated)
            }
        }
    }
}
