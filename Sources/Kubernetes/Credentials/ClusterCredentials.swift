// SPDX-License-Identifier: Apache-2.0

/// How a cluster's API server is reached, trusted and convinced.
///
/// Made from the files that Kubernetes mounts into every pod (``inCluster(environment:directory:)``) or from a
/// kubeconfig (``kubeconfig(path:context:)``). Files are named here and read by ``ClusterClient`` when they are needed,
/// since they change while it runs.
public struct ClusterCredentials: Hashable, Sendable {
    /// What a PEM block is read from.
    enum Material: Hashable, Sendable {
        case file(String)
        case bytes(Secret<[UInt8]>)
    }

    /// Which server certificates are accepted.
    enum Trust: Hashable, Sendable {
        /// Those that the system trusts.
        case system
        /// Those that the authorities in this PEM text signed.
        case authorities(Material)
        /// Any; traffic can be read and changed by whoever sits in between.
        case anything
    }

    /// A client certificate and its key, in PEM.
    struct ClientCertificate: Hashable, Sendable {
        let chain: Material
        let key: Material
    }

    /// What the server is shown.
    struct Identity: Hashable, Sendable {
        var token: Secret<String>?
        /// Preferred to `token`, which is the last resort if the file was never readable.
        var tokenFile: String?
        var certificate: ClientCertificate?
        var plugin: ExecPlugin?
    }

    /// The server's URL, without a slash at its end.
    public let server: String

    /// The name that the server's certificate must have, if it is not the URL's.
    let serverName: String?
    let trust: Trust
    let identity: Identity

    init(server: String, serverName: String? = nil, trust: Trust, identity: Identity) {
        self.server = server
        self.serverName = serverName
        self.trust = trust
        self.identity = identity
    }
}

extension ClusterCredentials: CustomStringConvertible {
    /// The server and the kind of identity, without any secret.
    public var description: String {
        let kind =
            if let plugin = identity.plugin {
                "the plugin \(plugin.command)"
            } else if let file = identity.tokenFile {
                "the token in \(file)"
            } else if identity.token != nil {
                "a token"
            } else if identity.certificate != nil {
                "a client certificate"
            } else {
                "no identity"
            }
        return "\(server) with \(kind)"
    }
}
