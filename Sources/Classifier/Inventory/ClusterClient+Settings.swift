// SPDX-License-Identifier: Apache-2.0
import Kubernetes

extension ClusterClient {
    /// A client of the cluster that the setting `kubernetes` names; `nil` if it is off.
    ///
    /// - Throws: `ClusterError` if there are no credentials. A cluster that does not answer is no error.
    convenience init?(_ settings: ClassifierSettings) throws {
        switch settings.kubernetes {
        case .off: return nil
        case .inCluster: self.init(try .inCluster())
        case .kubeconfig(let path): self.init(try .kubeconfig(path: path))
        }
    }
}
