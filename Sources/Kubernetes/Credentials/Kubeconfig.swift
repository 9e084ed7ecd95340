// SPDX-License-Identifier: Apache-2.0

/// A kubeconfig file, cut down to what is understood here; other keys are passed over, as `kubectl` does.
struct Kubeconfig: Decodable {
    /// An entry of a list, found by its name.
    struct Named<Value: Decodable & SendableMetatype>: Decodable {
        let name: String
        let value: Value

        private struct Key: CodingKey {
            let stringValue: String
            let intValue: Int? = nil

            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        /// The value stands under the one key that is not `name`: `cluster`, `context` or `user`.
        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            name = try fields.decode(String.self, forKey: Key(stringValue: "name"))
            let wanted = ["cluster", "context", "user"].map(Key.init(stringValue:)).first { fields.contains($0) }
            value = try fields.decode(Value.self, forKey: wanted ?? Key(stringValue: "value"))
        }
    }

    struct Context: Decodable {
        let cluster: String
        let user: String?
    }

    struct Cluster: Decodable {
        let server: String?
        let tlsServerName: String?
        let insecureSkipTLSVerify: Bool?
        let certificateAuthority: String?
        let certificateAuthorityData: String?
        let proxyURL: String?

        enum CodingKeys: String, CodingKey {
            case server
            case tlsServerName = "tls-server-name"
            case insecureSkipTLSVerify = "insecure-skip-tls-verify"
            case certificateAuthority = "certificate-authority"
            case certificateAuthorityData = "certificate-authority-data"
            case proxyURL = "proxy-url"
        }
    }

    struct User: Decodable {
        let clientCertificate: String?
        let clientCertificateData: String?
        let clientKey: String?
        let clientKeyData: String?
        let token: String?
        let tokenFile: String?
        let username: String?
        let exec: Exec?
        let authProvider: AuthProvider?

        enum CodingKeys: String, CodingKey {
            case clientCertificate = "client-certificate"
            case clientCertificateData = "client-certificate-data"
            case clientKey = "client-key"
            case clientKeyData = "client-key-data"
            case token
            case tokenFile
            case username
            case exec
            case authProvider = "auth-provider"
        }
    }

    struct AuthProvider: Decodable {
        let name: String?
    }

    struct Exec: Decodable {
        let apiVersion: String?
        let command: String
        let args: [String]?
        let env: [Variable]?
        let interactiveMode: String?
        let provideClusterInfo: Bool?
        let installHint: String?

        struct Variable: Decodable {
            let name: String
            let value: String
        }
    }

    let clusters: [Named<Cluster>]?
    let contexts: [Named<Context>]?
    let users: [Named<User>]?
    let currentContext: String?

    enum CodingKeys: String, CodingKey {
        case clusters
        case contexts
        case users
        case currentContext = "current-context"
    }
}
