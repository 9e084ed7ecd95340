// SPDX-License-Identifier: Apache-2.0

extension FakeObject {
    /// The controller of an object.
    public struct Controller: Sendable {
        let json: String

        /// A controller of this kind and name; its identity is made like that of an object, unless it is given.
        public init(_ kind: String, apiVersion: String = "apps/v1", name: String, uid: String) {
            json = """
                {"apiVersion":\(apiVersion.json),"kind":\(kind.json),"name":\(name.json),"uid":\(uid.json),\
                "controller":true,"blockOwnerDeletion":true}
                """
        }
    }

    /// A pod.
    ///
    /// - Parameters:
    ///   - node: The node that it is bound to; `nil` before that.
    ///   - ips: Its addresses; empty before the network gives them.
    ///   - ending: When a terminal pod's container ended, as RFC 3339.
    ///   - deletion: When it is or was to be deleted, as RFC 3339.
    ///   - padding: Bytes of managed fields, as real objects carry them.
    public static func pod(
        _ name: String,
        namespace: String = "default",
        uid: String? = nil,
        node: String? = nil,
        ips: [String] = [],
        hostIPs: [String] = [],
        phase: String = "Running",
        isHostNetwork: Bool = false,
        controller: Controller? = nil,
        ending: String? = nil,
        deletion: String? = nil,
        padding: Int = 0
    ) -> FakeObject {
        var metadata = ["\"labels\":{\"app\":\(name.json)}"]
        if let deletion { metadata.append("\"deletionTimestamp\":\"\(deletion)\",\"deletionGracePeriodSeconds\":30") }
        metadata += controller.map { ["\"ownerReferences\":[\($0.json)]"] } ?? []
        if padding > 0 { metadata.append(managedFields(bytes: padding)) }
        var spec = [#""containers":[{"name":"main","image":"registry.example/main:1","resources":{}}]"#]
        if let node { spec.append("\"nodeName\":\(node.json)") }
        if isHostNetwork { spec.append("\"hostNetwork\":true") }
        var status = ["\"phase\":\(phase.json)", "\"qosClass\":\"BestEffort\""]
        if let first = ips.first { status.append("\"podIP\":\(first.json),\"podIPs\":[\(addresses(ips))]") }
        if let first = hostIPs.first { status.append("\"hostIP\":\(first.json),\"hostIPs\":[\(addresses(hostIPs))]") }
        if node != nil { status.append("\"startTime\":\"2026-11-01T10:00:01Z\"") }
        let state =
            ending.map { "{\"terminated\":{\"exitCode\":0,\"finishedAt\":\"\($0)\"}}" }
            ?? #"{"running":{"startedAt":"2026-11-01T10:00:02Z"}}"#
        status.append("\"containerStatuses\":[{\"name\":\"main\",\"state\":\(state),\"restartCount\":0}]")
        return FakeObject(
            .pod,
            namespace: namespace,
            name: name,
            uid: uid,
            metadata: metadata,
            content: ["\"spec\":{\(spec.joined(separator: ","))}", "\"status\":{\(status.joined(separator: ","))}"]
        )
    }

    /// A node; zone and region go to the labels of today, or to those before Kubernetes 1.17.
    public static func node(
        _ name: String,
        zone: String? = nil,
        region: String? = nil,
        usesOlderLabels: Bool = false,
        internalIPs: [String] = [],
        externalIPs: [String] = [],
        providerID: String? = nil
    ) -> FakeObject {
        let prefix = usesOlderLabels ? "failure-domain.beta.kubernetes.io" : "topology.kubernetes.io"
        var labels = ["\"kubernetes.io/hostname\":\(name.json)"]
        if let zone { labels.append("\"\(prefix)/zone\":\(zone.json)") }
        if let region { labels.append("\"\(prefix)/region\":\(region.json)") }
        let addresses =
            internalIPs.map { "{\"type\":\"InternalIP\",\"address\":\($0.json)}" }
            + externalIPs.map { "{\"type\":\"ExternalIP\",\"address\":\($0.json)}" }
            + ["{\"type\":\"Hostname\",\"address\":\(name.json)}"]
        return FakeObject(
            .node,
            name: name,
            metadata: ["\"labels\":{\(labels.joined(separator: ","))}"],
            content: [
                "\"spec\":{\(providerID.map { "\"providerID\":\($0.json)" } ?? "")}",
                "\"status\":{\"addresses\":[\(addresses.joined(separator: ","))]}",
            ]
        )
    }

    /// A service; no cluster addresses make it headless.
    public static func service(
        _ name: String,
        namespace: String = "default",
        type: String = "ClusterIP",
        clusterIPs: [String] = [],
        externalIPs: [String] = [],
        loadBalancerIPs: [String] = [],
        ports: [(name: String, transport: String, port: Int, nodePort: Int?)] = [("http", "TCP", 80, nil)]
    ) -> FakeObject {
        let all = clusterIPs.isEmpty ? ["None"] : clusterIPs
        let portList = ports.map { port in
            let node = port.nodePort.map { ",\"nodePort\":\($0)" } ?? ""
            return """
                {"name":\(port.name.json),"protocol":"\(port.transport)","port":\(port.port),"targetPort":8080\(node)}
                """
        }
        var spec = [
            "\"type\":\(type.json)", "\"clusterIP\":\(all[0].json)",
            "\"clusterIPs\":[\(all.map(\.json).joined(separator: ","))]",
            "\"ports\":[\(portList.joined(separator: ","))]",
        ]
        if !externalIPs.isEmpty { spec.append("\"externalIPs\":[\(externalIPs.map(\.json).joined(separator: ","))]") }
        return FakeObject(
            .service,
            namespace: namespace,
            name: name,
            content: [
                "\"spec\":{\(spec.joined(separator: ","))}",
                "\"status\":{\"loadBalancer\":{\"ingress\":[\(addresses(loadBalancerIPs))]}}",
            ]
        )
    }

    /// An endpoint slice with one address per endpoint; all of them are ready.
    public static func endpointSlice(
        _ name: String,
        namespace: String = "default",
        service: String,
        addressType: String = "IPv4",
        endpoints: [(address: String, podUID: String?, node: String?, zone: String?)],
        ports: [(name: String, transport: String, port: Int)] = [("http", "TCP", 8080)]
    ) -> FakeObject {
        let list = endpoints.map { endpoint in
            var fields = [
                "\"addresses\":[\(endpoint.address.json)]",
                "\"conditions\":{\"ready\":true,\"serving\":true,\"terminating\":false}",
            ]
            if let uid = endpoint.podUID {
                fields.append("\"targetRef\":{\"kind\":\"Pod\",\"namespace\":\(namespace.json),\"uid\":\(uid.json)}")
            }
            if let node = endpoint.node { fields.append("\"nodeName\":\(node.json)") }
            if let zone = endpoint.zone { fields.append("\"zone\":\(zone.json)") }
            return "{\(fields.joined(separator: ","))}"
        }
        let portList = ports.map { "{\"name\":\($0.name.json),\"protocol\":\"\($0.transport)\",\"port\":\($0.port)}" }
        return FakeObject(
            .endpointSlice,
            namespace: namespace,
            name: name,
            metadata: ["\"labels\":{\"kubernetes.io/service-name\":\(service.json)}"],
            content: [
                "\"addressType\":\"\(addressType)\"", "\"endpoints\":[\(list.joined(separator: ","))]",
                "\"ports\":[\(portList.joined(separator: ","))]",
            ]
        )
    }

    /// A ReplicaSet or a Job, with its own controller.
    public static func owner(
        _ kind: FakeKind,
        _ name: String,
        namespace: String = "default",
        controller: Controller? = nil
    ) -> FakeObject {
        FakeObject(
            kind,
            namespace: namespace,
            name: name,
            metadata: controller.map { ["\"ownerReferences\":[\($0.json)]"] } ?? [],
            content: ["\"spec\":{\"template\":{\"spec\":{\"containers\":[]}}}", "\"status\":{}"]
        )
    }

    private static func addresses(_ list: [String]) -> String {
        list.map { "{\"ip\":\($0.json)}" }.joined(separator: ",")
    }

    /// Managed fields of about this many bytes, which make the better half of most real objects.
    private static func managedFields(bytes: Int) -> String {
        let field = #""f:condition-0":{".":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}},"#
        let fields = String(repeating: field, count: max(1, bytes / field.utf8.count)).dropLast()
        return """
            "managedFields":[{"manager":"kubelet","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1",\
            "fieldsV1":{"f:status":{\(fields)}}}]
            """
    }
}
