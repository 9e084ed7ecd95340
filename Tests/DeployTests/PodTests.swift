// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// What the pods may do, and whether they can start.
@Suite(.whereKustomizeIs) struct PodTests {
    private let objects: [Manifest]

    init() throws {
        objects = try DeployTools.kustomize()
    }

    private func object(_ id: String) throws -> Manifest {
        try #require(objects.first { $0.id == id }, "there is no \(id)")
    }

    @Test func theAgentHasThreeCapabilitiesAndNothingElse() throws {
        let agent = try object("DaemonSet/netledger-agent")
        let context = try #require(agent.container?["securityContext"])
        #expect(context["capabilities", "drop"]?.texts == ["ALL"])
        #expect(context["capabilities", "add"]?.texts.sorted() == ["BPF", "NET_ADMIN", "PERFMON"])
        #expect(context["privileged"]?.text == "false")
        #expect(context["allowPrivilegeEscalation"]?.text == "false")
        #expect(context["readOnlyRootFilesystem"]?.text == "true")
        for key in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"] { #expect(agent.pod?[key] == nil) }
    }

    @Test func theAgentWritesItsTwoDirectoriesOfTheHostAndNoOther() throws {
        let agent = try object("DaemonSet/netledger-agent")
        let sources = try #require(agent.pod?["volumes"]?.items)
            .reduce(into: [String: String]()) {
                $0[$1["name"]?.text ?? ""] = $1["hostPath", "path"]?.text
            }
        let mounts = try #require(agent.container?["volumeMounts"]?.items)
        let hosts = mounts.filter { sources[$0["name"]?.text ?? ""] != nil }
        let writable = hosts.filter { $0["readOnly"]?.text != "true" }.compactMap { sources[$0["name"]?.text ?? ""] }
        #expect(writable.sorted() == ["/sys/fs/bpf/netledger", "/var/lib/netledger"])
        #expect(hosts.count == 3)
        #expect(sources["cgroup"] == "/sys/fs/cgroup")
    }

    @Test func theClassifierIsNobodyAndMayNothing() throws {
        let classifier = try object("Deployment/netledger-classifier")
        let pod = try #require(classifier.pod?["securityContext"])
        let container = try #require(classifier.container?["securityContext"])
        #expect(pod["runAsNonRoot"]?.text == "true")
        #expect(pod["runAsUser"]?.text == "65532" && pod["fsGroup"]?.text == "65532")
        #expect(pod["seccompProfile", "type"]?.text == "RuntimeDefault")
        #expect(container["capabilities", "drop"]?.texts == ["ALL"] && container["capabilities", "add"] == nil)
        #expect(container["allowPrivilegeEscalation"]?.text == "false")
        #expect(container["readOnlyRootFilesystem"]?.text == "true")
        let volumes = try #require(classifier.pod?["volumes"]?.items)
        #expect(volumes.allSatisfy { $0["hostPath"] == nil })
    }

    /// Two would write one ledger: the first is gone before the second is started, and the volume is a claim's.
    @Test func oneClassifierWritesTheLedger() throws {
        let classifier = try object("Deployment/netledger-classifier")
        #expect(classifier["spec", "replicas"]?.text == "1")
        #expect(classifier["spec", "strategy"]?.entries == ["type": .text("Recreate")])
        let volumes = try #require(classifier.pod?["volumes"]?.items)
        let claims = volumes.compactMap { $0["persistentVolumeClaim", "claimName"]?.text }
        #expect(claims == ["netledger-classifier"])
        let ledger = try #require(volumes.first { $0["persistentVolumeClaim"] != nil }?["name"]?.text)
        let mounts = try #require(classifier.container?["volumeMounts"]?.items)
        #expect(mounts.first { $0["name"]?.text == ledger }?["mountPath"]?.text == "/var/lib/netledger")
        #expect(
            try #require(classifier.container?["args"]?.texts).contains("--database=/var/lib/netledger/netledger.db")
        )
        let claim = try object("PersistentVolumeClaim/netledger-classifier")
        #expect(claim["spec", "accessModes"]?.texts == ["ReadWriteOnce"])
    }

    /// The kubelet gives each a token for the classifier alone, which the API server itself does not take.
    @Test(arguments: ["DaemonSet/netledger-agent", "Deployment/netledger-classifier"])
    func tokensAreForTheClassifier(id: String) throws {
        let volumes = try #require(try object(id).pod?["volumes"]?.items)
        let token = try #require(volumes.first { $0["name"]?.text == "token" })
        let sources = try #require(token["projected", "sources"]?.items)
        #expect(sources.count == 1)
        #expect(sources.first?["serviceAccountToken", "audience"]?.text == "netledger")
        #expect(sources.first?["serviceAccountToken", "expirationSeconds"]?.text == "3600")
    }

    @Test func strangersMayNeitherReportNorRead() throws {
        let classifier = try object("Deployment/netledger-classifier")
        let arguments = try #require(classifier.container?["args"]?.texts)
        #expect(arguments.contains("--tls-certificate=/etc/netledger-tls/tls.crt"))
        #expect(!arguments.contains("--allow-plain-http"))
        let access = try Manifest.all(
            try #require(try object("ConfigMap/netledger-classifier")["data", "access.yaml"]?.text)
        )
        let agents = access.first?["agents"]?.items.compactMap { $0["service-account"]?.text }
        #expect(agents == ["netledger/netledger-agent"])
        let readers = access.first?["readers"]?.items.compactMap { $0["service-account"]?.text }
        #expect(readers == ["netledger/netledger-reader", "netledger/netledger-classifier"])
        for account in (agents ?? []) + (readers ?? []) {
            _ = try object("ServiceAccount/" + account.replacing("netledger/", with: ""))
        }
        // The key is the classifier's alone: nodes get the authority's certificate, not the secret.
        let secrets = objects.filter { ($0.pod?["volumes"]?.items ?? []).contains { $0["secret"] != nil } }
        #expect(secrets.map(\.id) == ["Deployment/netledger-classifier"])
    }

    @Test func theAgentCannotAskTheAPIServer() throws {
        let account = try object("ServiceAccount/netledger-agent")
        #expect(account["automountServiceAccountToken"]?.text == "false")
        #expect(try object("DaemonSet/netledger-agent").pod?["automountServiceAccountToken"]?.text == "false")
        let bindings = objects.filter { $0["kind"]?.text?.hasSuffix("RoleBinding") == true }
        #expect(!bindings.flatMap { $0["subjects"]?.items ?? [] }.contains { $0["name"]?.text == "netledger-agent" })
    }

    /// What gives bytes their names may be read, whose a token is may be asked, and nothing else.
    @Test func theClassifierReadsWhatItNamesBytesBy() throws {
        let rules = try #require(try object("ClusterRole/netledger-classifier")["rules"]?.items)
        var verbs: [String: [String]] = [:]
        for rule in rules {
            for resource in rule["resources"]?.texts ?? [] {
                let group = rule["apiGroups"]?.texts.joined() ?? "?"
                verbs[group + "/" + resource] = rule["verbs"]?.texts
            }
        }
        let read = ["get", "list", "watch"]
        #expect(
            verbs == [
                "/pods": read, "/nodes": read, "/services": read, "discovery.k8s.io/endpointslices": read,
                "apps/replicasets": read, "batch/jobs": read, "authentication.k8s.io/tokenreviews": ["create"],
            ]
        )
        let binding = try object("ClusterRoleBinding/netledger-classifier")
        #expect(binding["roleRef", "name"]?.text == "netledger-classifier")
        #expect(binding["subjects"]?.items.map { $0["name"]?.text } == ["netledger-classifier"])
        #expect(try object("Deployment/netledger-classifier").pod?["automountServiceAccountToken"]?.text == "true")
        let settings = try #require(try object("ConfigMap/netledger-classifier")["data", "classifier.yaml"]?.text)
        #expect(settings.contains("kubernetes: in-cluster"))
    }

    @Test(arguments: ["DaemonSet/netledger-agent", "Deployment/netledger-classifier"])
    func everyNodeHasRoomAndNoServiceLinkIsASetting(id: String) throws {
        let workload = try object(id)
        #expect(workload.pod?["enableServiceLinks"]?.text == "false")
        let resources = try #require(workload.container?["resources"])
        #expect(resources["requests", "cpu"] != nil && resources["requests", "memory"] != nil)
        #expect(resources["limits", "memory"] != nil && resources["limits", "cpu"] == nil)
    }

    @Test func theAgentRunsOnEveryNode() throws {
        let pod = try #require(try object("DaemonSet/netledger-agent").pod)
        #expect(pod["tolerations"]?.items == [.mapping(["operator": .text("Exists")])])
    }

    @Test func selectorsFindTheirPods() throws {
        for (kind, name) in [("DaemonSet", "agent"), ("Deployment", "classifier")] {
            let workload = try object("\(kind)/netledger-\(name)")
            let labels = try #require(workload["spec", "template", "metadata", "labels"])
            #expect(workload["spec", "selector", "matchLabels"] == labels)
            #expect(try object("NetworkPolicy/netledger-\(name)")["spec", "podSelector", "matchLabels"] == labels)
        }
        let classifier = try object("Deployment/netledger-classifier")["spec", "selector", "matchLabels"]
        #expect(try object("Service/netledger-classifier")["spec", "selector"] == classifier)
        let budget = try object("PodDisruptionBudget/netledger-classifier")
        #expect(budget["spec", "selector", "matchLabels"] == classifier)
        #expect(budget["spec", "maxUnavailable"]?.text == "1")
    }

    @Test func theNetworkLetsInWhoMustGetInAndNobodyElse() throws {
        let classifier = try object("NetworkPolicy/netledger-classifier")["spec"]
        let peers = try #require(classifier?["ingress"]?.items.first?["from"]?.items)
        let agent = try object("DaemonSet/netledger-agent")["spec", "selector", "matchLabels"]
        #expect(peers.count == 2)
        #expect(peers.contains { $0["podSelector", "matchLabels"] == agent })
        for policy in objects where policy["kind"]?.text == "NetworkPolicy" {
            #expect(policy["spec", "policyTypes"]?.texts.sorted() == ["Egress", "Ingress"])
            for rule in policy["spec", "ingress"]?.items ?? [] {
                #expect(!(rule["from"]?.items ?? []).isEmpty && !(rule["ports"]?.items ?? []).isEmpty)
            }
        }
    }

    @Test(arguments: [
        ("DaemonSet/netledger-agent", "netledger-agent", ["run", "--help"]),
        // Its variables are for people who ask in its container.
        ("Deployment/netledger-classifier", "netledger-classifier", ["--help"]),
    ])
    func everyFlagAndVariableIsOneThatTheProgramHas(id: String, program: String, help: [String]) throws {
        let container = try #require(try object(id).container)
        let known = try Shell.run([try BuiltProduct.path(program)] + help)
        for argument in try #require(container["args"]?.texts) {
            let parts = argument.split(separator: "=", maxSplits: 1)
            let usage = parts.count == 1 ? "  \(parts[0]) " : "  \(parts[0]) <value>"
            #expect(known.contains(usage), "\(program) has no \(argument)")
        }
        for name in (container["env"]?.items ?? []).compactMap({ $0["name"]?.text }) {
            let asked =
                program == "netledger-classifier"
                ? try Shell.run([try BuiltProduct.path("netledger"), "status", "--help"]) : known
            #expect(asked.contains(name), "\(program) does not read \(name)")
        }
    }

    @Test func portsAreTheOnesListenedOn() throws {
        for (id, name) in [("DaemonSet/netledger-agent", "metrics"), ("Deployment/netledger-classifier", "api")] {
            let container = try #require(try object(id).container)
            let listen = try #require(container["args"]?.texts.first { $0.hasPrefix("--listen=") })
            let port = try #require(container["ports"]?.items.first)
            #expect(port["name"]?.text == name)
            #expect(listen.hasSuffix(":" + (port["containerPort"]?.text ?? "?")))
            for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
                #expect(container[probe, "httpGet", "port"]?.text == name)
            }
        }
        let url = try #require(try object("ConfigMap/netledger-agent")["data", "agent.yaml"]?.text)
        #expect(url.contains("classifier: https://netledger-classifier:8443"))
        let service = try #require(try object("Service/netledger-classifier")["spec", "ports"]?.items.first)
        #expect(service["port"]?.text == "8443" && service["targetPort"]?.text == "api")
    }
}
