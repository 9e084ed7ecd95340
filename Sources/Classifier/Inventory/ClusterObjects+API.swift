// SPDX-License-Identifier: Apache-2.0
import Classification
import Kubernetes
import Traffic

private let nanoseconds: Int64 = 1_000_000_000

extension ClusterPod {
    /// The pod that the API tells of; addresses that are none are left out.
    init(_ pod: Pod) {
        self.init(
            uid: pod.metadata.uid,
            staticUID: pod.staticUID ?? "",
            namespace: pod.metadata.namespace,
            name: pod.metadata.name,
            node: pod.nodeName ?? "",
            isHostNetwork: pod.isHostNetwork,
            addresses: pod.podIPs.compactMap { IPAddress($0) },
            controller: pod.metadata.controller.map(ClusterController.Reference.init),
            started: pod.startTime.map { $0 * nanoseconds },
            isFinished: pod.phase.isTerminal,
            // The API cuts the fraction of the second off.
            finished: pod.finishTime.map { ($0 + 1) * nanoseconds }
        )
    }
}

extension ClusterController.Reference {
    fileprivate init(_ reference: ControllerReference) {
        self.init(kind: reference.kind, name: reference.name, uid: reference.uid)
    }
}

extension ClusterController {
    /// The ReplicaSet or Job of which the API tells `metadata`.
    init(_ metadata: ObjectMetadata) {
        self.init(uid: metadata.uid, controller: metadata.controller.map(Reference.init))
    }
}

extension ClusterNode {
    /// The node that the API tells of.
    init(_ node: Node) {
        self.init(
            name: node.metadata.name,
            place: Place(region: node.region, zone: node.zone),
            addresses: (node.internalIPs + node.externalIPs).compactMap { IPAddress($0) }
        )
    }
}

extension ClusterService {
    /// The service that the API tells of.
    init(_ service: Service) {
        self.init(
            Name(namespace: service.metadata.namespace, name: service.metadata.name),
            addresses: (service.clusterIPs + service.externalIPs + service.loadBalancerIPs)
                .compactMap { IPAddress($0) },
            ports: service.ports.compactMap { Port(transport: $0.transport, number: $0.port) },
            nodePorts: service.ports.compactMap { Port(transport: $0.transport, number: $0.nodePort) }
        )
    }
}

extension ClusterService.Port {
    /// The port `number` of the transport that the API calls so; `nil` if either is none.
    fileprivate init?(transport: String, number: Int?) {
        let protocols = ["TCP": IPProtocol.tcp, "UDP": .udp, "SCTP": IPProtocol(rawValue: 132)]
        guard let ipProtocol = protocols[transport], let number = number.flatMap({ UInt16(exactly: $0) }) else {
            return nil
        }
        self.init(ipProtocol, number)
    }
}

extension ClusterEndpoints {
    /// The slice that the API tells of; `nil` if it belongs to no service or has no addresses but names.
    init?(_ slice: EndpointSlice) {
        guard let service = slice.serviceName, slice.addressType != "FQDN" else { return nil }
        self.init(
            uid: slice.metadata.uid,
            service: ClusterService.Name(namespace: slice.metadata.namespace, name: service),
            endpoints: slice.endpoints.map { endpoint in
                Endpoint(
                    addresses: endpoint.addresses.compactMap { IPAddress($0) },
                    podUID: endpoint.podUID ?? "",
                    node: endpoint.nodeName ?? "",
                    zone: endpoint.zone ?? "",
                    isReady: endpoint.isReady
                )
            },
            ports: slice.ports.compactMap { ClusterService.Port(transport: $0.transport, number: $0.port) }
        )
    }
}
