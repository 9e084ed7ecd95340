// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What an ``ExecPlugin`` printed.
struct ExecCredential: Hashable, Sendable {
    /// A client certificate and its key, as PEM text.
    struct Certificate: Hashable, Sendable {
        let chain: Secret<[UInt8]>
        let key: Secret<[UInt8]>
    }

    /// A bearer token.
    let token: Secret<String>?
    let certificate: Certificate?
    /// When to run the plugin again, in seconds since 1970-01-01T00:00:00Z; `nil` means when the server refuses these.
    let expiry: Int64?

    private struct Output: Decodable {
        let apiVersion: String?
        let kind: String?
        let status: Status?

        struct Status: Decodable {
            let token: String?
            let clientCertificateData: String?
            let clientKeyData: String?
            let expirationTimestamp: ObjectTime?
        }
    }

    /// The credentials in a plugin's output.
    ///
    /// - Throws: ``ClusterError`` that says what is wrong without showing the output, which holds secrets.
    init(output: [UInt8], version: String, command: String) throws(ClusterError) {
        func wrong(_ reason: String) -> ClusterError {
            ClusterError("The exec plugin \(command) gave no credentials: \(reason).")
        }
        let object: Output
        do {
            object = try JSONDecoder().decode(Output.self, from: Data(output))
        } catch {
            throw wrong("its output is not an ExecCredential in JSON")
        }
        guard object.kind == "ExecCredential" else { throw wrong("its output is not of the kind ExecCredential") }
        guard object.apiVersion == version else {
            throw wrong("its output has another version than \(version), which the kubeconfig asks for")
        }
        guard let status = object.status else { throw wrong("its output has no status") }
        token = status.token.flatMap { $0.isEmpty ? nil : Secret($0) }
        switch (status.clientCertificateData, status.clientKeyData) {
        case (let chain?, let key?) where !chain.isEmpty && !key.isEmpty:
            certificate = Certificate(chain: Secret(Array(chain.utf8)), key: Secret(Array(key.utf8)))
        case (nil, nil), (""?, nil), (nil, ""?), (""?, ""?):
            certificate = nil
        default:
            throw wrong("it gave only one of clientCertificateData and clientKeyData")
        }
        guard token != nil || certificate != nil else { throw wrong("it gave neither a token nor a certificate") }
        expiry = status.expirationTimestamp?.seconds
    }
}
