// SPDX-License-Identifier: Apache-2.0
public import Foundation

extension ClusterCredentials {
    /// The credentials that Kubernetes gives every pod: a service account's token and the cluster's authority.
    ///
    /// - Parameters:
    ///   - environment: Where `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT` are looked up.
    ///   - directory: Where the files `token` and `ca.crt` are mounted.
    /// - Throws: ``ClusterError`` if this is no pod, or one without a service account's token.
    public static func inCluster(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        directory: String = "/var/run/secrets/kubernetes.io/serviceaccount"
    ) throws(ClusterError) -> ClusterCredentials {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let portText = environment["KUBERNETES_SERVICE_PORT"], let port = UInt16(portText), port > 0
        else {
            throw ClusterError(
                "This is not a pod of a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set. "
                    + "Name a kubeconfig instead."
            )
        }
        for file in ["token", "ca.crt"] where !FileManager.default.isReadableFile(atPath: "\(directory)/\(file)") {
            throw ClusterError(
                "\(directory)/\(file) cannot be read. Give the pod a service account and do not turn off "
                    + "automountServiceAccountToken."
            )
        }
        let name = host.contains(":") ? "[\(host)]" : host
        return ClusterCredentials(
            server: "https://\(name):\(port)",
            trust: .authorities(.file("\(directory)/ca.crt")),
            identity: Identity(tokenFile: "\(directory)/token")
        )
    }
}
