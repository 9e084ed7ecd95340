// SPDX-License-Identifier: Apache-2.0
import Foundation
import Subprocess
import SystemPackage

/// A program that prints credentials: the `exec` of a kubeconfig's user.
struct ExecPlugin: Hashable, Sendable {
    /// What a plugin is told of the cluster, if the kubeconfig says so.
    struct Cluster: Hashable, Sendable, Encodable {
        let server: String
        let tlsServerName: String?
        let insecureSkipTLSVerify: Bool?
        let certificateAuthorityData: String?

        enum CodingKeys: String, CodingKey {
            case server
            case tlsServerName = "tls-server-name"
            case insecureSkipTLSVerify = "insecure-skip-tls-verify"
            case certificateAuthorityData = "certificate-authority-data"
        }
    }

    /// The versions of the protocol that are spoken.
    static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]
    /// A plugin that takes longer is ended.
    static let patience = Duration.seconds(60)

    let version: String
    /// A path, or a name to look up in `PATH`.
    let command: String
    let arguments: [String]
    /// Added to this program's own environment.
    let environment: Secret<[String: String]>
    /// What the plugin is told of the cluster; `nil` to tell nothing.
    let cluster: Cluster?
    /// What the kubeconfig says to people who do not have the plugin.
    let installHint: String?

    /// Runs the plugin once.
    func run() async throws(ClusterError) -> ExecCredential {
        let output: [UInt8]
        do {
            output = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                group.addTask { try await execute() }
                group.addTask {
                    try await Task.sleep(for: Self.patience)
                    throw ClusterError("it did not end within \(Self.patience.components.seconds) s")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? []
            }
        } catch {
            throw ClusterError("The exec plugin \(command) gave no credentials: \(error).")
        }
        return try ExecCredential(output: output, version: version, command: command)
    }

    private func execute() async throws -> [UInt8] {
        var variables: [Environment.Key: String?] = [:]
        for (name, value) in environment.value {
            variables[Environment.Key(stringLiteral: name)] = value
        }
        variables["KUBERNETES_EXEC_INFO"] = try information()
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(1))]
        let result: ExecutionResult<Void, BytesOutput, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                command.contains("/") ? .path(FilePath(command)) : .name(command),
                arguments: Arguments(arguments),
                environment: .inherit.updating(variables),
                platformOptions: options,
                input: .none,
                output: .bytes(limit: 1 << 20),
                error: .string(limit: 1 << 20)
            )
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw ClusterError("it is not installed" + (installHint.map { " (\($0))" } ?? ""))
        }
        guard result.terminationStatus.isSuccess else {
            // Credentials go to standard output; what the plugin says to people, to the other.
            let lastWords = result.standardError.split(whereSeparator: \.isNewline).last ?? "it says nothing"
            throw ClusterError("it ended with \(result.terminationStatus): \(String(lastWords.prefix(200)).oneLine)")
        }
        return result.standardOutput
    }

    /// What the plugin finds in `KUBERNETES_EXEC_INFO`.
    private func information() throws -> String {
        struct Information: Encodable {
            struct Spec: Encodable {
                let interactive = false
                let cluster: Cluster?
            }

            let apiVersion: String
            let kind = "ExecCredential"
            let spec: Spec
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(Information(apiVersion: version, spec: Information.Spec(cluster: cluster)))
        return String(decoding: data, as: UTF8.self)
    }
}
