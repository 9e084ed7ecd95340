// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import TestSupport
import Testing

/// The images, built, and run as the manifests say.
@Suite(
    .serialized,
    .whereKustomizeIs,
    .enabled(
        if: TestEnvironment.canMeter && TestEnvironment.has("buildah") && TestEnvironment.has("bwrap"),
        "needs root, buildah and bubblewrap"
    )
)
struct ImageTests {
    private static func expect(_ image: Image, holds programs: [String], user: String) throws {
        #expect(try image.configuration() == (user, ["/usr/bin/" + programs[0]]))
        for program in programs { #expect(try image.version(of: program) == "0.1.0\n") }
        let found = try FileManager.default.contentsOfDirectory(atPath: image.root + "/usr/bin").sorted()
        #expect(found == programs.sorted())
        #expect(!FileManager.default.fileExists(atPath: image.root + "/bin"))
        #expect(FileManager.default.fileExists(atPath: image.root + "/etc/ssl/certs/ca-certificates.crt"))
    }

    /// The whole path: both images and pods, and bytes that get from the kernel into the ledger, over TLS, each side with
    /// a token that the API server has to vouch for.
    @Test func theImagesArePodsThatMeterAndBook() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let cluster = try FakeCluster()
        for (token, account) in [(Self.agentToken, "agent"), (Self.classifierToken, "classifier")] {
            cluster.setStatus(
                .serviceAccount(
                    "netledger-" + account,
                    namespace: "netledger",
                    node: "node-1",
                    pod: account,
                    podUID: account,
                    audiences: ["netledger"]
                ),
                ofToken: token
            )
        }
        try await cluster.serve { address in
            try await Self.run(objects: try DeployTools.kustomize(), cluster.kubeconfig(address))
        }
    }

    /// A token in the form of the kubelet's, for the pods of node-1.
    private static func token(_ account: String) -> String {
        func part(_ json: String) -> String {
            Data(json.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        }
        let claims = #"{"aud":["netledger"],"exp":4102444800,"kubernetes.io":{"node":{"name":"node-1","uid":"u"}}}"#
        return part(#"{"alg":"RS256"}"#) + "." + part(claims) + "." + account
    }

    private static let agentToken = token("agent")
    private static let classifierToken = token("classifier")

    private static func run(objects: [Manifest], _ kubeconfig: String) async throws {
        let folder = try TemporaryDirectory()
        let pins = folder.file("pins")
        let folders = [
            "pins", "spool", "ledger", "scratch", "agent", "classifier", "agent-token", "classifier-token",
            "certificate", "authority",
        ]
        for path in folders.map(folder.file) {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
        try Shell.run(["mount", "-t", "bpf", "bpf", pins])
        defer {
            // Hooks and counters go with the file system.
            _ = try? Shell.run(["umount", "-l", pins])
            folder.remove()
        }
        // What the kubelet does: the directory of the pins (DirectoryOrCreate), and the group of the volumes (fsGroup).
        try Shell.run(["install", "-d", "-m", "0755", pins + "/netledger"])
        try Shell.run([DeployTools.path("kubernetes/certificates.sh"), folder.file("made"), "IP:127.0.0.1"])
        for (name, volume) in [("tls.crt", "certificate"), ("tls.key", "certificate"), ("ca.crt", "authority")] {
            try Shell.run(["install", "-m", "0644", folder.file("made/" + name), folder.file(volume)])
        }
        try agentToken.write(toFile: folder.file("agent-token/token"), atomically: true, encoding: .utf8)
        try classifierToken.write(toFile: folder.file("classifier-token/token"), atomically: true, encoding: .utf8)
        let (classifierPort, agentPort) = (Int(try LoopbackPort.free()), Int(try LoopbackPort.free()))
        for (name, file) in [("agent", "agent"), ("classifier", "classifier"), ("classifier", "access")] {
            let map = try #require(objects.first { $0.id == "ConfigMap/netledger-\(name)" })
            let text = try #require(map["data", "\(file).yaml"]?.text)
            try text.replacingOccurrences(of: "kubernetes: in-cluster", with: "kubernetes: /etc/netledger/kubeconfig")
                .replacingOccurrences(of: "netledger-classifier:8443", with: "127.0.0.1:\(classifierPort)")
                .write(toFile: folder.file("\(name)/\(file).yaml"), atomically: true, encoding: .utf8)
        }
        try kubeconfig.write(toFile: folder.file("classifier/kubeconfig"), atomically: true, encoding: .utf8)
        for path in ["ledger", "scratch", "classifier", "classifier-token"] {
            try Shell.run(["chown", "-R", "65532:65532", folder.file(path)])
        }
        try Shell.run(["chmod", "0755", folder.path])

        let classifierImage = try Image("classifier", programs: ["netledger-classifier", "netledger"])
        try expect(classifierImage, holds: ["netledger-classifier", "netledger"], user: "65532:65532")
        let agentImage = try Image("agent", programs: ["netledger-agent"])
        try expect(agentImage, holds: ["netledger-agent"], user: "0:0")

        let classifier = try pod(
            "Deployment/netledger-classifier",
            of: objects,
            image: classifierImage,
            port: classifierPort,
            asks: ["--cacert", folder.file("authority/ca.crt"), "--oauth2-bearer", classifierToken],
            volumes: [
                "ledger": folder.file("ledger"), "scratch": folder.file("scratch"),
                "configuration": folder.file("classifier"), "certificate": folder.file("certificate"),
                "authority": folder.file("authority"), "token": folder.file("classifier-token"),
            ],
            log: folder.file("classifier.log")
        )
        defer { withExtendedLifetime(classifier) {} }
        try await classifier.waitForProbes()
        let agent = try pod(
            "DaemonSet/netledger-agent",
            of: objects,
            image: agentImage,
            port: agentPort,
            asks: nil,
            volumes: [
                "cgroup": try #require(CgroupLab.mountPoint), "pins": pins + "/netledger",
                "spool": folder.file("spool"), "configuration": folder.file("agent"),
                "authority": folder.file("authority"), "token": folder.file("agent-token"),
            ],
            log: folder.file("agent.log")
        )
        try await agent.waitForProbes()

        // The agent's own uploads are traffic: something is in the ledger soon.
        try await waitUntil("the ledger has bytes of this node", within: .seconds(60)) {
            let usage = try classifier.get("/api/v1/usage?start=-1h&group_by=node&format=csv")
            return usage.split(separator: "\n").contains { $0.contains("node-1") }
        }
        #expect(throws: LaunchError.self, "strangers read nothing") {
            try Shell.run(["curl", "-sSf", "-k", classifier.url + "/api/v1/usage?start=-1h"])
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: pins + "/netledger").contains("hooks"))
        let capabilities = try Shell.run(["/bin/sh", "-c", "grep CapEff /proc/\(try agent.programID())/status"])
        #expect(capabilities == "CapEff:\t000000c000001000\n", "CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN")

        let scraped = try agent.get("/metrics") + (try classifier.get("/metrics"))
        let asked = try AlertTests.metrics()
            .union(try DashboardTests.Dashboard.read().queries.flatMap(AlertTests.metrics(of:)))
        for metric in asked {
            #expect(scraped.contains("# TYPE \(metric) "), "no program has \(metric), which is asked for")
        }
    }

    /// Runs a pod on this host.
    ///
    /// - Parameter credentials: What `curl` needs to ask it over TLS; `nil` if it does not speak that.
    private static func pod(
        _ id: String,
        of objects: [Manifest],
        image: Image,
        port: Int,
        asks credentials: [String]?,
        volumes: [String: String],
        log: String
    ) throws -> RunningPod {
        let workload = try #require(objects.first { $0.id == id })
        let arguments = try #require(workload.container?["args"]?.texts)
            .map { $0.hasPrefix("--listen=") ? "--listen=127.0.0.1:\(port)" : $0 }
        return RunningPod(
            workload: workload,
            image: image,
            url: (credentials == nil ? "http" : "https") + "://127.0.0.1:\(port)",
            credentials: credentials ?? [],
            process: try ChildProcess(
                try image.command(workload, volumes: volumes, arguments: arguments),
                outputPath: log
            )
        )
    }
}

/// A container of a workload that runs on this host.
private struct RunningPod {
    let workload: Manifest
    /// Lives as long as what runs in it.
    let image: Image
    let url: String
    let credentials: [String]
    let process: ChildProcess

    /// Waits until each of the workload's probes is answered with success.
    func waitForProbes() async throws {
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            let path = try #require(workload.container?[probe, "httpGet", "path"]?.text)
            try await waitUntil("\(workload.id) answers \(path): \(process.output)", within: .seconds(60)) {
                guard process.exitStatus == nil else {
                    throw LaunchError("\(workload.id) has ended: \(process.output)")
                }
                // Until it listens, the connection is refused.
                return (try? get(path)) != nil
            }
        }
    }

    /// The body of what it answers, which must be a success.
    func get(_ path: String) throws -> String {
        try Shell.run(["curl", "-sSf"] + credentials + [url + path])
    }

    /// Id of the program itself, which bubblewrap has started two levels below.
    func programID() throws -> String {
        var id = String(process.processID)
        while true {
            let children = try Shell.run(["/bin/sh", "-c", "cat /proc/\(id)/task/*/children"])
            guard let child = children.split(whereSeparator: \.isWhitespace).first else { return id }
            id = String(child)
        }
    }
}
