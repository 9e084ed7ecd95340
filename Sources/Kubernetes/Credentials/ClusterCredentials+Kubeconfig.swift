// SPDX-License-Identifier: Apache-2.0
import Foundation
import Yams

extension ClusterCredentials {
    /// The credentials of a kubeconfig file.
    ///
    /// Understood are contexts, clusters with `server`, `certificate-authority` (`-data`), `tls-server-name` and
    /// `insecure-skip-tls-verify`, and users with `token`, `tokenFile`, `client-certificate` and `client-key` (`-data`)
    /// and `exec`. Relative paths start at the file's directory.
    ///
    /// - Parameter context: The context to use instead of the file's `current-context`.
    /// - Throws: ``ClusterError`` that names the file and the entry.
    public static func kubeconfig(path: String, context: String? = nil) throws(ClusterError) -> ClusterCredentials {
        let file: Kubeconfig
        do {
            let text = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
            file = try YAMLDecoder().decode(Kubeconfig.self, from: text)
        } catch let error as CocoaError {
            throw ClusterError("The kubeconfig \(path) cannot be read: \(error.localizedDescription).")
        } catch {
            // A YAML error may quote the line that it stumbled on, and that may be a secret.
            let reason = error is DecodingError ? error.decodingReason : "it is not YAML"
            throw ClusterError("The kubeconfig \(path) cannot be understood: \(reason).")
        }
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return try KubeconfigReader(path: path, directory: directory, file: file).credentials(context: context)
    }
}

/// Turns the entries of a kubeconfig into credentials.
private struct KubeconfigReader {
    let path: String
    let directory: String
    let file: Kubeconfig

    func credentials(context wanted: String?) throws(ClusterError) -> ClusterCredentials {
        let contexts = file.contexts ?? []
        let context: Kubeconfig.Context
        if let name = wanted ?? file.currentContext, !name.isEmpty {
            context = try entry(name, in: contexts, what: "context")
        } else if let only = contexts.first, contexts.count == 1 {
            context = only.value
        } else {
            throw ClusterError("The kubeconfig \(path) has no current-context. Set one, or name the context to use.")
        }
        let cluster = try entry(context.cluster, in: file.clusters ?? [], what: "cluster")
        let server = try serverURL(cluster, name: context.cluster)
        if let proxy = cluster.proxyURL, !proxy.isEmpty {
            throw ClusterError("The cluster '\(context.cluster)' in \(path) has a proxy-url, which is not supported.")
        }
        let user: Kubeconfig.User? =
            if let name = context.user, !name.isEmpty {
                try entry(name, in: file.users ?? [], what: "user")
            } else {
                nil
            }
        return ClusterCredentials(
            server: server,
            serverName: cluster.tlsServerName.flatMap { $0.isEmpty ? nil : $0 },
            trust: try trust(cluster, name: context.cluster),
            identity: try user.map { user throws(ClusterError) in
                try identity(user, name: context.user ?? "", cluster: cluster, server: server)
            } ?? ClusterCredentials.Identity()
        )
    }

    private func entry<Value>(
        _ name: String,
        in list: [Kubeconfig.Named<Value>],
        what: String
    ) throws(ClusterError) -> Value {
        guard let found = list.first(where: { $0.name == name }) else {
            let names = list.map { "'\($0.name)'" }.joined(separator: ", ")
            let there = names.isEmpty ? "it has none" : "it has \(names)"
            throw ClusterError("The kubeconfig \(path) has no \(what) '\(name)'; \(there).")
        }
        return found.value
    }

    private func serverURL(_ cluster: Kubeconfig.Cluster, name: String) throws(ClusterError) -> String {
        guard let text = cluster.server, let url = URL(string: text), url.scheme == "https" || url.scheme == "http",
            url.host() != nil
        else {
            throw ClusterError("The cluster '\(name)' in \(path) has no server that is an http or https URL.")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private func trust(_ cluster: Kubeconfig.Cluster, name: String) throws(ClusterError) -> ClusterCredentials.Trust {
        let authority = try material(
            data: cluster.certificateAuthorityData,
            file: cluster.certificateAuthority,
            key: "certificate-authority",
            owner: "cluster '\(name)'"
        )
        guard cluster.insecureSkipTLSVerify == true else { return authority.map { .authorities($0) } ?? .system }
        guard authority == nil else {
            throw ClusterError(
                "The cluster '\(name)' in \(path) has both a certificate-authority and insecure-skip-tls-verify. "
                    + "Take one of them away."
            )
        }
        return .anything
    }

    private func identity(
        _ user: Kubeconfig.User,
        name: String,
        cluster: Kubeconfig.Cluster,
        server: String
    ) throws(ClusterError) -> ClusterCredentials.Identity {
        let owner = "user '\(name)'"
        if let provider = user.authProvider {
            throw ClusterError(
                "The \(owner) in \(path) uses the auth-provider '\(provider.name ?? "")', which Kubernetes has given up. "
                    + "Use exec instead."
            )
        }
        let chain = try material(
            data: user.clientCertificateData,
            file: user.clientCertificate,
            key: "client-certificate",
            owner: owner
        )
        let key = try material(data: user.clientKeyData, file: user.clientKey, key: "client-key", owner: owner)
        let certificate: ClusterCredentials.ClientCertificate?
        switch (chain, key) {
        case (let chain?, let key?): certificate = ClusterCredentials.ClientCertificate(chain: chain, key: key)
        case (nil, nil): certificate = nil
        default: throw ClusterError("The \(owner) in \(path) has only one of client-certificate and client-key.")
        }
        let identity = ClusterCredentials.Identity(
            token: user.token.flatMap { $0.isEmpty ? nil : Secret($0) },
            tokenFile: user.tokenFile.flatMap { $0.isEmpty ? nil : absolute($0) },
            certificate: certificate,
            plugin: try user.exec.map { exec throws(ClusterError) in
                try plugin(exec, owner: owner, cluster: cluster, server: server)
            }
        )
        if user.username != nil, identity == ClusterCredentials.Identity() {
            throw ClusterError("The \(owner) in \(path) has a user name and password, which servers no longer accept.")
        }
        return identity
    }

    private func plugin(
        _ exec: Kubeconfig.Exec,
        owner: String,
        cluster: Kubeconfig.Cluster,
        server: String
    ) throws(ClusterError) -> ExecPlugin {
        guard let version = exec.apiVersion, ExecPlugin.versions.contains(version) else {
            throw ClusterError(
                "The exec plugin of the \(owner) in \(path) speaks '\(exec.apiVersion ?? "")'; supported are "
                    + ExecPlugin.versions.joined(separator: " and ") + "."
            )
        }
        if exec.interactiveMode == "Always" {
            throw ClusterError("The exec plugin of the \(owner) in \(path) must talk to a person (interactiveMode).")
        }
        return ExecPlugin(
            version: version,
            command: exec.command.contains("/") ? absolute(exec.command) : exec.command,
            arguments: exec.args ?? [],
            environment: Secret(
                Dictionary((exec.env ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
            ),
            cluster: exec.provideClusterInfo == true
                ? ExecPlugin.Cluster(
                    server: server,
                    tlsServerName: cluster.tlsServerName,
                    insecureSkipTLSVerify: cluster.insecureSkipTLSVerify,
                    certificateAuthorityData: cluster.certificateAuthorityData
                ) : nil,
            installHint: exec.installHint.flatMap { $0.isEmpty ? nil : $0.oneLine }
        )
    }

    /// The data, which goes before the file, as PEM text; `nil` if there is neither.
    private func material(
        data: String?,
        file: String?,
        key: String,
        owner: String
    ) throws(ClusterError) -> ClusterCredentials.Material? {
        if let data, !data.isEmpty {
            guard let bytes = Data(base64Encoded: data, options: .ignoreUnknownCharacters), !bytes.isEmpty else {
                throw ClusterError("\(key)-data of the \(owner) in \(path) is not base64.")
            }
            return .bytes(Secret(Array(bytes)))
        }
        guard let file, !file.isEmpty else { return nil }
        return .file(absolute(file))
    }

    private func absolute(_ file: String) -> String {
        file.hasPrefix("/") ? file : "\(directory)/\(file)"
    }
}
