// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// An image that buildah built from one of the Containerfiles and the programs of this build.
///
/// The first stage, which compiles, is replaced by a folder with its result: it needs an image with Swift from a
/// registry, and many minutes. What the test builds is everything after it.
final class Image {
    /// The container's root file system, which may be written.
    let root: String

    private let storage: TemporaryDirectory
    private let container: String

    /// Builds the image that `deploy/images/<name>.Containerfile` describes, with these programs.
    init(_ name: String, programs: [String]) throws {
        storage = try TemporaryDirectory()
        let rootfs = storage.file("build/rootfs")
        try Shell.run(
            [DeployTools.path("images/rootfs.sh"), rootfs] + (try programs.map { try BuiltProduct.path($0) })
        )
        let empty = storage.file("context")
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        try Shell.run(
            Self.buildah(storage) + [
                "build", "--isolation", "chroot", "--build-context", "build=" + storage.file("build"), "--quiet",
                "-f", DeployTools.path("images/\(name).Containerfile"), "-t", "localhost/\(name)", empty,
            ]
        )
        container = try Shell.run(Self.buildah(storage) + ["from", "localhost/\(name)"])
            .trimmingCharacters(in: .whitespacesAndNewlines)
        root = try Shell.run(Self.buildah(storage) + ["mount", container])
            .trimmingCharacters(in: .whitespacesAndNewlines)
        // A container of another user has to reach it.
        var folder = URL(fileURLWithPath: root)
        while folder.path.hasPrefix(storage.path) {
            try Shell.run(["chmod", "a+x", folder.path])
            folder.deleteLastPathComponent()
        }
    }

    deinit {
        // The folder is removed all the same, or stays in /tmp and says so.
        _ = try? Shell.run(Self.buildah(storage) + ["umount", container])
        storage.remove()
    }

    private static func buildah(_ storage: TemporaryDirectory) -> [String] {
        ["buildah", "--storage-driver", "vfs", "--root", storage.file("root"), "--runroot", storage.file("run")]
    }

    /// User and entry point, as runtimes read them.
    func configuration() throws -> (user: String, entryPoint: [String]) {
        struct Inspection: Decodable {
            struct OCI: Decodable {
                struct Config: Decodable {
                    var User: String
                    var Entrypoint: [String]
                }

                var config: Config
            }

            var OCIv1: OCI
        }
        let text = try Shell.run(Self.buildah(storage) + ["inspect", container])
        let config = try JSONDecoder().decode(Inspection.self, from: Data(text.utf8)).OCIv1.config
        return (config.User, config.Entrypoint)
    }

    /// What `program` of the image prints about its version, with nothing of the host in reach but `/proc`.
    func version(of program: String) throws -> String {
        try FileManager.default.createDirectory(atPath: root + "/proc", withIntermediateDirectories: true)
        return try Shell.run(
            [
                "bwrap", "--ro-bind", root, "/", "--proc", "/proc", "--unshare-all", "--", "/usr/bin/" + program,
                "--version",
            ]
        )
    }

    /// A command that runs the image's entry point with `arguments`, as the container of `workload` would be run:
    /// its user, capabilities, mounts and variables, a root that cannot be written, and no new privileges.
    ///
    /// The network is the host's.
    ///
    /// - Parameter volumes: What stands for each volume: a path of this host.
    func command(_ workload: Manifest, volumes: [String: String], arguments: [String]) throws -> [String] {
        let context = workload.container?["securityContext"]
        let user = context?["runAsUser"]?.text ?? workload.pod?["securityContext", "runAsUser"]?.text
        guard let user, context?["capabilities", "drop"]?.texts == ["ALL"] else {
            throw LaunchError("\(workload.id) does not say its user, or does not drop all capabilities")
        }
        let isReadOnly = context?["readOnlyRootFilesystem"]?.text == "true"
        var command = ["bwrap", isReadOnly ? "--ro-bind" : "--bind", root, "/"]
        command += ["--proc", "/proc", "--dev", "/dev", "--ro-bind", "/sys", "/sys"]
        // A runtime makes the points of mounts; here that has to be done before the root is read-only.
        var points = ["/proc", "/dev", "/sys"]
        for mount in workload.container?["volumeMounts"]?.items ?? [] {
            guard let name = mount["name"]?.text, let path = mount["mountPath"]?.text, let source = volumes[name] else {
                throw LaunchError("\(workload.id) mounts something that this test does not know: \(mount)")
            }
            command += [mount["readOnly"]?.text == "true" ? "--ro-bind" : "--bind", source, path]
            points.append(path)
        }
        for point in points {
            try FileManager.default.createDirectory(atPath: root + point, withIntermediateDirectories: true)
        }
        command += ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--new-session", "--die-with-parent"]
        command += ["--clearenv", "--setenv", "NETLEDGER_NODE", "node-1"]
        let capabilities = (context?["capabilities", "add"]?.texts ?? []).map { "CAP_" + $0 }
        if user == "0" {
            command += ["--cap-drop", "ALL"] + capabilities.flatMap { ["--cap-add", $0] }
        } else {
            guard capabilities.isEmpty else { throw LaunchError("Kubernetes gives capabilities to user 0 only") }
            command = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"] + command
            command += ["--unshare-user", "--uid", user, "--gid", user]
        }
        return command + ["--"] + (try configuration().entryPoint) + arguments
    }
}
