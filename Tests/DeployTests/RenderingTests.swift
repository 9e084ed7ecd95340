// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// The chart and the kustomization, rendered by Helm and kubectl.
struct RenderingTests {
    private static let monitors = """
        "serviceMonitor": {"enabled": true}, "podMonitor": {"enabled": true}, "prometheusRule": {"enabled": true}
        """

    /// What only Helm writes.
    private static let helmsOwn: Set<String> = [
        "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart", "helm.sh/resource-policy",
        "checksum/settings",
    ]

    @Test func aBuildServerHasTheTools() {
        #expect(
            (DeployTools.hasHelm && DeployTools.hasKustomize) || !TestEnvironment.isContinuousIntegration,
            "the tests of deploy/ would be skipped: kubectl 1.26 and what make deploy-tools installs are needed"
        )
    }

    @Test(.whereHelmIs, .whereKustomizeIs, arguments: [true, false])
    func helmAndKustomizeMakeTheSameObjects(withTLS: Bool) throws {
        let overlay = try TemporaryDirectory()
        defer { overlay.remove() }
        try writeOverlay(overlay, components: ["prometheus-operator"] + (withTLS ? [] : ["plain-http"]))
        let ours = try byID(try DeployTools.kustomize(overlay.path))
        let values = withTLS ? "{\(Self.monitors)}" : "{\(Self.monitors), \"tls\": {\"enabled\": false}}"
        let helms = try byID(try DeployTools.helm(values))
        #expect(Set(ours.keys).subtracting(helms.keys) == ["Namespace/netledger"], "the chart's user makes that one")
        #expect(Set(helms.keys).subtracting(ours.keys).isEmpty)
        for (id, object) in helms {
            let plain = object.without(Self.helmsOwn.contains)
            let differences = try #require(ours[id]).differences(from: plain)
            #expect(differences.isEmpty, "\(id)")
        }
    }

    @Test(.whereHelmIs, .whereKustomizeIs, arguments: ["1.26.0", "1.31.0", "1.37.0"])
    func everyObjectFitsThePublishedSchemas(version: String) throws {
        try DeployTools.validate(
            try Shell.run(["kubectl", "kustomize", DeployTools.path("kubernetes")]),
            version: version
        )
    }

    @Test(.whereHelmIs) func theSchemaCheckSeesAFault() throws {
        #expect(throws: LaunchError.self) {
            try DeployTools.validate(
                "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: x}\nautomount: false\n",
                version: "1.31.0"
            )
        }
    }

    @Test(.whereHelmIs) func whatIsNotAskedForIsNotMade() throws {
        let kinds = Set(try DeployTools.helm().compactMap { $0["kind"]?.text })
        #expect(kinds.isDisjoint(with: ["ServiceMonitor", "PodMonitor", "PrometheusRule"]))
        let open = try DeployTools.helm(#"{"networkPolicy": {"enabled": false}}"#)
        #expect(!open.contains { $0["kind"]?.text == "NetworkPolicy" })
    }

    @Test(.whereHelmIs) func valuesReachTheObjects() throws {
        let values = """
            {"imagePrefix": "example.org/x/", "fullnameOverride": "meter",
             "agent": {"cgroupPath": "/sys/fs/cgroup/unified", "settings": {"cluster": "blue"}, "image": {"tag": "7"},
                       "seccompProfile": {"type": "RuntimeDefault"}, "priorityClassName": "high"},
             "classifier": {"listen": "[::]:9000", "persistence": {"size": "1Ti", "storageClassName": "fast"},
                            "settings": {"networks": [{"name": "office", "cidrs": ["203.0.113.0/24"]}]}}}
            """
        let objects = try byID(try DeployTools.helm(values, release: "r"))
        let agent = try #require(objects["DaemonSet/meter-agent"])
        #expect(agent.container?["image"]?.text == "example.org/x/netledger-agent:7")
        #expect(agent.container?["securityContext", "seccompProfile", "type"]?.text == "RuntimeDefault")
        #expect(agent.pod?["priorityClassName"]?.text == "high")
        #expect(agent.pod?["volumes"]?.items.first?["hostPath", "path"]?.text == "/sys/fs/cgroup/unified")
        let settings = try #require(objects["ConfigMap/meter-agent"]?["data", "agent.yaml"]?.text)
        #expect(settings.contains("cluster: blue"))
        #expect(settings.contains("classifier: https://meter-classifier:9000"))
        let classifier = try #require(objects["Deployment/meter-classifier"])
        #expect(classifier.container?["args"]?.texts.contains("--listen=[::]:9000") == true)
        #expect(classifier.container?["ports"]?.items.first?["containerPort"]?.text == "9000")
        let claim = objects["PersistentVolumeClaim/meter-classifier"]?["spec"]
        #expect(claim?["storageClassName"]?.text == "fast")
        #expect(claim?["resources", "requests", "storage"]?.text == "1Ti")
        #expect(objects["ConfigMap/meter-classifier"]?["data", "classifier.yaml"]?.text?.contains("office") == true)
    }

    /// The ledger outlives a release, and a release may find one that is there.
    @Test(.whereHelmIs) func theLedgerIsKeptOrTakenOver() throws {
        let made = try byID(try DeployTools.helm())
        let annotations = made["PersistentVolumeClaim/netledger-classifier"]?["metadata", "annotations"]
        #expect(annotations?.entries == ["helm.sh/resource-policy": .text("keep")])
        let taken = try byID(try DeployTools.helm(#"{"classifier": {"persistence": {"existingClaim": "old"}}}"#))
        #expect(!taken.keys.contains { $0.hasPrefix("PersistentVolumeClaim/") })
        let volumes = taken["Deployment/netledger-classifier"]?.pod?["volumes"]?.items ?? []
        #expect(volumes.contains { $0["persistentVolumeClaim", "claimName"]?.text == "old" })
    }

    @Test(
        .whereHelmIs,
        arguments: [
            #"{"agent": {"privileged": true}}"#, #"{"classifier": {"replicas": 2}}"#,
            #"{"imagePrefix": "example.org"}"#,
            #"{"agent": {"listen": "0.0.0.0"}}"#, #"{"classifier": {"persistence": {"size": 20}}}"#,
        ]
    )
    func aValueThatMeansNothingIsRefused(values: String) throws {
        #expect(throws: LaunchError.self) { try DeployTools.helm(values) }
    }

    /// Whoever tries it without certificates leaves nothing behind that needs them.
    @Test(.whereKustomizeIs) func plainHTTPNeedsNoSecret() throws {
        let overlay = try TemporaryDirectory()
        defer { overlay.remove() }
        try writeOverlay(overlay, components: ["plain-http", "service-resolution"])
        let objects = try byID(try DeployTools.kustomize(overlay.path))
        let agent = try #require(objects["DaemonSet/netledger-agent"])
        let classifier = try #require(objects["Deployment/netledger-classifier"])
        for workload in [agent, classifier] {
            let volumes = Set((workload.pod?["volumes"]?.items ?? []).compactMap { $0["name"]?.text })
            let mounts = Set((workload.container?["volumeMounts"]?.items ?? []).compactMap { $0["name"]?.text })
            #expect(volumes.isDisjoint(with: ["authority", "token", "certificate"]))
            #expect(mounts.subtracting(volumes).isEmpty)
            #expect(!(workload.container?["args"]?.texts ?? []).contains { $0.contains("tls") || $0.contains("token") })
        }
        #expect(agent.container?["args"]?.texts.last?.hasPrefix("--service-cidr=") == true)
        #expect(classifier.container?["args"]?.texts.contains("--allow-plain-http") == true)
        #expect(classifier.container?["readinessProbe", "httpGet", "scheme"] == nil)
        let access = objects["ConfigMap/netledger-classifier"]?["data", "access.yaml"]?.text
        #expect(access == "agents: anyone\nreaders: anyone\n")
    }

    @Test(.whereKustomizeIs) func theSeccompComponentChangesOneThing() throws {
        let overlay = try TemporaryDirectory()
        defer { overlay.remove() }
        try writeOverlay(overlay, components: ["seccomp-runtime-default"])
        let before = try byID(try DeployTools.kustomize())
        let after = try byID(try DeployTools.kustomize(overlay.path))
        #expect(Set(before.keys) == Set(after.keys))
        let changed = before.filter { after[$0.key] != $0.value }
        #expect(changed.keys.sorted() == ["DaemonSet/netledger-agent"])
        let agent = try #require(after["DaemonSet/netledger-agent"])
        #expect(agent.container?["securityContext", "seccompProfile", "type"]?.text == "RuntimeDefault")
    }

    @Test(.whereHelmIs, .whereKustomizeIs) func servicesAreResolvedInTheNodesNamespace() throws {
        let overlay = try TemporaryDirectory()
        defer { overlay.remove() }
        try writeOverlay(overlay, components: ["service-resolution"])
        let ours = try #require(try byID(try DeployTools.kustomize(overlay.path))["DaemonSet/netledger-agent"])
        let helms = try #require(
            try byID(try DeployTools.helm(#"{"agent": {"serviceCIDRs": ["10.96.0.0/12"]}}"#))[
                "DaemonSet/netledger-agent"
            ]
        )
        #expect(ours.pod?["hostNetwork"]?.text == "true")
        #expect(ours.pod?["dnsPolicy"]?.text == "ClusterFirstWithHostNet")
        #expect(ours.container?["args"]?.texts.last == "--service-cidr=10.96.0.0/12,$(NODE_ADDRESS)")
        let address = ours.container?["env"]?.items.first { $0["name"]?.text == "NODE_ADDRESS" }
        #expect(address?["valueFrom", "fieldRef", "fieldPath"]?.text == "status.hostIP")
        #expect(ours.differences(from: helms.without(Self.helmsOwn.contains)).isEmpty)
        let help = try Shell.run([try BuiltProduct.path("netledger-agent"), "run", "--help"])
        #expect(help.contains("  --service-cidr <value>"))
    }

    private func writeOverlay(_ folder: TemporaryDirectory, components: [String]) throws {
        // kustomize takes no absolute paths.
        try Shell.run(["cp", "-r", DeployTools.path("kubernetes"), folder.file("kubernetes")])
        let lines = components.map { "  - kubernetes/components/\($0)\n" }.joined()
        try "resources:\n  - kubernetes\ncomponents:\n\(lines)"
            .write(toFile: folder.file("kustomization.yaml"), atomically: true, encoding: .utf8)
    }

    /// The objects by kind and name, each of which must be there once.
    private func byID(_ objects: [Manifest]) throws -> [String: Manifest] {
        let pairs = Dictionary(grouping: objects, by: \.id)
        for (id, same) in pairs { #expect(same.count == 1, "\(id) is there more than once") }
        return pairs.compactMapValues(\.first)
    }
}
