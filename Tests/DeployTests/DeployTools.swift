// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// The tools that render and check what is under `deploy/`, as `make deploy-tools` puts them in place.
enum DeployTools {
    /// The repository's top.
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private static let tools = repository + "/.build/deploy-tools/bin"

    /// True if Helm's engine and the published schemas of Kubernetes are there.
    static let hasHelm = FileManager.default.isExecutableFile(atPath: tools + "/kubernetes-validate")

    /// True if `kubectl` renders components, which it does since 1.21 (Debian 12 has 1.20).
    static let hasKustomize: Bool = {
        // Without kubectl there is no version to read.
        let text = (try? Shell.run(["kubectl", "version", "--client", "-o", "json"])) ?? ""
        return text.contains(#""kustomizeVersion": "v"#)
    }()

    /// The path of `name` below `deploy/`.
    static func path(_ name: String) -> String {
        repository + "/deploy/" + name
    }

    /// The text of the file `name` below `deploy/`.
    static func text(of name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    /// The objects of the kustomization in the folder at `path`.
    static func kustomize(_ path: String = path("kubernetes")) throws -> [Manifest] {
        try Manifest.all(try Shell.run(["kubectl", "kustomize", path]))
    }

    /// The objects of the chart with these values, as JSON; throws what Helm says of the chart or of the values.
    static func helm(_ values: String = "{}", release: String = "netledger") throws -> [Manifest] {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        try values.write(toFile: folder.file("values.json"), atomically: true, encoding: .utf8)
        let script = repository + "/Tests/DeployTests/render_chart.py"
        let command = [tools + "/python", script, path("helm/netledger"), release, "netledger"]
        return try Manifest.all(try Shell.run(command + [folder.file("values.json")]))
    }

    /// Checks the objects of `yaml` against the schemas that Kubernetes `version` publishes; throws what is wrong.
    static func validate(_ yaml: String, version: String) throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        try yaml.write(toFile: folder.file("objects.yaml"), atomically: true, encoding: .utf8)
        try Shell.run([tools + "/kubernetes-validate", "--strict", "-k", version, folder.file("objects.yaml")])
    }
}

extension Trait where Self == ConditionTrait {
    /// Enables a test where Helm's engine is.
    static var whereHelmIs: ConditionTrait {
        .enabled(if: DeployTools.hasHelm, "needs what make deploy-tools installs")
    }

    /// Enables a test where kustomize is.
    static var whereKustomizeIs: ConditionTrait {
        .enabled(if: DeployTools.hasKustomize, "needs kubectl 1.26 or newer")
    }
}
