// SPDX-License-Identifier: Apache-2.0
import Classification
import Kubernetes

// What each event means to the inventory.
extension InventoryFeed {
    @Sendable static func take(
        _ event: Roll<String>.Event<Pod>,
        _ builder: inout InventoryBuilder,
        _ now: InventoryBuilder.Moment
    ) {
        switch event {
        case .put(let pod): builder.put(ClusterPod(pod), at: now)
        case .gone(let uid, let last):
            // The last state may tell when the pod ended, and of one that nobody saw before.
            if let last { builder.put(ClusterPod(last), at: now) }
            builder.removePod(uid, at: now)
        }
    }

    @Sendable static func take(
        _ event: Roll<String>.Event<Node>,
        _ builder: inout InventoryBuilder,
        _ now: InventoryBuilder.Moment
    ) {
        switch event {
        case .put(let node): builder.put(ClusterNode(node), at: now)
        case .gone(let name, _): builder.removeNode(name, at: now)
        }
    }

    @Sendable static func take(
        _ event: Roll<ClusterService.Name>.Event<Service>,
        _ builder: inout InventoryBuilder,
        _ now: InventoryBuilder.Moment
    ) {
        switch event {
        case .put(let service): builder.put(ClusterService(service), at: now)
        case .gone(let id, _): builder.removeService(id, at: now)
        }
    }

    @Sendable static func take(
        _ event: Roll<String>.Event<EndpointSlice>,
        _ builder: inout InventoryBuilder,
        _ now: InventoryBuilder.Moment
    ) {
        switch event {
        case .put(let slice):
            if let endpoints = ClusterEndpoints(slice) { builder.put(endpoints, at: now) }
        case .gone(let uid, _): builder.removeEndpoints(uid, at: now)
        }
    }

    /// A ReplicaSet or a Job.
    @Sendable static func takeController(
        _ event: Roll<String>.Event<some ClusterObject>,
        _ builder: inout InventoryBuilder,
        _ now: InventoryBuilder.Moment
    ) {
        switch event {
        case .put(let object): builder.put(ClusterController(object.metadata))
        case .gone(let uid, let last):
            // A Job may come and go faster than anybody looks: what made it is in its last state.
            if let last { builder.put(ClusterController(last.metadata)) }
            builder.removeController(uid, at: now)
        }
    }
}
