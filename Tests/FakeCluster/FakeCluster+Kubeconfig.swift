// SPDX-License-Identifier: Apache-2.0
import Foundation

extension FakeCluster {
    /// A kubeconfig that leads to a server of this cluster.
    ///
    /// - Parameters:
    ///   - cluster: More lines of the cluster's entry, such as `tls-server-name: kubernetes`.
    ///   - user: The lines of the user's entry, such as `token: abc`; none makes a user without identity.
    ///   - isTrusting: True to name the cluster's authority; false leaves trust to the other lines.
    public func kubeconfig(
        _ address: Address,
        cluster: [String] = [],
        user: [String] = [],
        isTrusting: Bool = true
    ) -> String {
        let authority = "certificate-authority-data: \(Data(authority.certificate.utf8).base64EncodedString())"
        let lines = ["server: \(address.url)"] + (isTrusting ? [authority] : []) + cluster
        func indented(_ lines: [String]) -> String { lines.map { "    \($0)" }.joined(separator: "\n") }
        return """
            apiVersion: v1
            kind: Config
            current-context: test
            clusters:
            - name: fake
              cluster:
            \(indented(lines))
            contexts:
            - name: test
              context:
                cluster: fake
                user: tester
            users:
            - name: tester
              user:\(user.isEmpty ? " {}" : "\n" + indented(user))
            """
    }
}
