// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Kubernetes

@Suite("Kubeconfig files")
struct KubeconfigTests {
    private static func read(
        _ text: String,
        context: String? = nil
    ) throws -> (credentials: ClusterCredentials, directory: String) {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try text.write(toFile: directory.file("config"), atomically: false, encoding: .utf8)
        let credentials = try ClusterCredentials.kubeconfig(path: directory.file("config"), context: context)
        return (credentials, directory.path)
    }

    /// A kubeconfig of one context, with these lines in the entries of its cluster and its user.
    private static func text(cluster: [String] = ["server: https://c:6443"], user: [String] = []) -> String {
        """
        apiVersion: v1
        kind: Config
        preferences: {}
        current-context: a
        contexts:
        - name: a
          context: {cluster: c, user: u, namespace: ignored}
        clusters:
        - name: c
          cluster: {\(cluster.joined(separator: ", "))}
        users:
        - name: u
          user: {\(user.joined(separator: ", "))}
        """
    }

    @Test("contexts choose cluster and user, and one can be asked for by name")
    func contexts() throws {
        let text = """
            current-context: b
            contexts:
            - {name: a, context: {cluster: one, user: x}}
            - {name: b, context: {cluster: two, user: y}}
            clusters:
            - {name: one, cluster: {server: "https://one:6443/"}}
            - {name: two, cluster: {server: "https://two/k8s/clusters/c-1"}}
            users:
            - {name: x, user: {token: tx}}
            - {name: y, user: {token: ty}}
            """
        let current = try Self.read(text).credentials
        #expect(current.server == "https://two/k8s/clusters/c-1")
        #expect(current.identity.token == Secret("ty"))
        #expect(current.trust == .system)
        let asked = try Self.read(text, context: "a").credentials
        #expect(asked.server == "https://one:6443")
        #expect(asked.identity.token == Secret("tx"))
        let user = try Self.read(
            "contexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: http://c}}]"
        )
        #expect(
            user.credentials.identity == ClusterCredentials.Identity(),
            "the only context, and a user is not needed"
        )
    }

    @Test("paths start at the file's directory, and data goes before files")
    func materials() throws {
        let data = Data("PEM".utf8).base64EncodedString()
        let (files, directory) = try Self.read(
            Self.text(
                cluster: ["server: https://c", "certificate-authority: ca.crt", "tls-server-name: kubernetes"],
                user: ["client-certificate: /abs/c.crt", "client-key: sub/c.key", "tokenFile: token", "token: t"]
            )
        )
        #expect(files.trust == .authorities(.file("\(directory)/ca.crt")))
        #expect(files.serverName == "kubernetes")
        #expect(files.identity.certificate?.chain == .file("/abs/c.crt"))
        #expect(files.identity.certificate?.key == .file("\(directory)/sub/c.key"))
        #expect(files.identity.tokenFile == "\(directory)/token")
        let inline =
            try Self.read(
                Self.text(
                    cluster: [
                        "server: https://c", "certificate-authority: ca.crt", "certificate-authority-data: \(data)",
                    ],
                    user: ["client-certificate-data: \(data)", "client-key-data: \(data)", "client-key: x"]
                )
            )
            .credentials
        #expect(inline.trust == .authorities(.bytes(Secret(Array("PEM".utf8)))))
        #expect(inline.identity.certificate?.key == .bytes(Secret(Array("PEM".utf8))))
        let insecure = try Self.read(Self.text(cluster: ["server: https://c", "insecure-skip-tls-verify: true"]))
        #expect(insecure.credentials.trust == .anything)
    }

    @Test("plugins")
    func plugins() throws {
        let (credentials, directory) = try Self.read(
            Self.text(
                cluster: ["server: https://c", "insecure-skip-tls-verify: true"],
                user: [
                    "exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/get, args: [a, b]",
                    "env: [{name: K, value: v}], interactiveMode: IfAvailable, provideClusterInfo: true}",
                ]
            )
        )
        let plugin = try #require(credentials.identity.plugin)
        #expect(plugin.command == "\(directory)/bin/get")
        #expect(plugin.arguments == ["a", "b"])
        #expect(plugin.environment == Secret(["K": "v"]))
        #expect(plugin.cluster?.server == "https://c")
        let named =
            try Self.read(
                Self.text(user: ["exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}"])
            )
            .credentials
        #expect(named.identity.plugin?.command == "aws", "to be found in PATH")
    }

    @Test(
        "what is wrong is said with the entry that it is wrong in",
        arguments: [
            ("a: [", "not YAML"), ("- a", "cannot be understood"), ("", "cannot be understood"),
            ("current-context: z", "no context 'z'; it has none"),
            ("contexts: []", "no current-context"),
            ("current-context: a\ncontexts: [{name: a, context: {cluster: c}}]", "no cluster 'c'"),
            (text(cluster: []), "no server"), (text(cluster: ["server: c:6443"]), "http or https"),
            (text(cluster: ["server: https://c", "certificate-authority-data: '%%%'"]), "not base64"),
            (
                text(cluster: ["server: https://c", "certificate-authority: a", "insecure-skip-tls-verify: true"]),
                "Take one of them away"
            ),
            (text(cluster: ["server: https://c", "proxy-url: http://p"]), "proxy-url"),
            (text(user: ["client-certificate: a"]), "only one of"),
            (text(user: ["auth-provider: {name: gcp}"]), "auth-provider 'gcp'"),
            (text(user: ["username: u", "password: hidden"]), "no longer accept"),
            (text(user: ["exec: {command: x}"]), "supported are client.authentication.k8s.io/v1"),
            (text(user: ["exec: {apiVersion: client.authentication.k8s.io/v1}"]), "command is missing"),
            (
                text(user: [
                    "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}"
                ]), "talk to a person"
            ),
            (
                "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: v}}]\n"
                    + "clusters: [{name: c, cluster: {server: https://c}}]\nusers: [{name: w, user: {}}]", "it has 'w'"
            ),
        ]
    )
    func wrong(text: String, says: String) throws {
        let error = #expect(throws: ClusterError.self) { try Self.read(text) }
        let sentence = error?.description ?? ""
        #expect(sentence.contains(says), "\(sentence)")
        #expect(!sentence.contains("hidden"))
    }

    @Test("a file that is not there is named")
    func missing() {
        let error = #expect(throws: ClusterError.self) { try ClusterCredentials.kubeconfig(path: "/nowhere/config") }
        #expect(error?.description.contains("/nowhere/config cannot be read") == true)
    }

    @Test("secrets are never printed")
    func secrets() throws {
        let credentials =
            try Self.read(
                Self.text(user: ["token: hidden", "client-certificate-data: aGlkZGVu", "client-key-data: aGlkZGVu"])
            )
            .credentials
        var dumped = ""
        dump(credentials, to: &dumped)
        dump(credentials.identity, to: &dumped)
        for text in [dumped, "\(credentials)", String(reflecting: credentials), "\(credentials.identity)"] {
            #expect(!text.contains("hidden") && !text.contains("104, 105, 100"), "\(text)")
        }
    }

    @Test(
        "a pod's own credentials, over IPv4, IPv6 and by name",
        arguments: [
            ("10.96.0.1", "https://10.96.0.1:443"), ("fd00::1", "https://[fd00::1]:443"), ("kube", "https://kube:443"),
        ]
    )
    func inCluster(host: String, url: String) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        for name in ["token", "ca.crt"] {
            try "x".write(toFile: directory.file(name), atomically: false, encoding: .utf8)
        }
        let environment = ["KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "443"]
        let credentials = try ClusterCredentials.inCluster(environment: environment, directory: directory.path)
        #expect(credentials.server == url)
        #expect(credentials.trust == .authorities(.file(directory.file("ca.crt"))))
        #expect(credentials.identity.tokenFile == directory.file("token"))
    }

    @Test("outside a pod, and in one without a service account, it says what to do")
    func notInCluster() throws {
        let outside = #expect(throws: ClusterError.self) {
            try ClusterCredentials.inCluster(environment: ["KUBERNETES_SERVICE_HOST": "h"], directory: "/nowhere")
        }
        #expect(outside?.description.contains("Name a kubeconfig") == true)
        let bare = #expect(throws: ClusterError.self) {
            try ClusterCredentials.inCluster(
                environment: ["KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "443"],
                directory: "/nowhere"
            )
        }
        #expect(bare?.description.contains("/nowhere/token cannot be read") == true)
    }
}
