// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOSSL
import Synchronization

/// The credentials of the moment: reads files again when they change, runs plugins again when their word expires.
final class CredentialSource: Sendable {
    /// What a request needs.
    struct Current: Sendable {
        /// The value of the header `Authorization`, if there is one.
        let authorization: Secret<String>?
        let tls: TLSConfiguration
        /// Which renewal these are from.
        let generation: Int
    }

    /// What a TLS configuration is made of; it is kept as long as these stay the same, and so are its connections.
    private struct Ingredients: Hashable {
        var authorities: [UInt8]?
        var chain: [UInt8]?
        var key: [UInt8]?
    }

    private struct State {
        var files: [String: CredentialFile] = [:]
        var tls: (ingredients: Ingredients, configuration: TLSConfiguration)?
        var plugin: ExecCredential?
        var running: Task<Result<ExecCredential, ClusterError>, Never>?
        var generation = 0
    }

    /// A plugin's credentials are renewed this many seconds before they expire.
    private static let margin: Int64 = 10

    private let credentials: ClusterCredentials
    private let state = Mutex(State())

    init(_ credentials: ClusterCredentials) {
        self.credentials = credentials
    }

    /// What to show the server now.
    func current() async throws(ClusterError) -> Current {
        let identity = credentials.identity
        var plugin: ExecCredential?
        if let program = identity.plugin { plugin = try await output(of: program) }
        let result = state.withLock { state in
            Result { () throws(ClusterError) in try assemble(plugin: plugin, state: &state) }
        }
        return try result.get()
    }

    /// Forgets what was read and made, because the server refused the credentials of `generation`.
    func renew(after generation: Int) {
        state.withLock { state in
            // Followers that are refused together renew once.
            guard state.generation == generation else { return }
            state.generation += 1
            state.plugin = nil
            for path in state.files.keys { state.files[path]?.expire() }
        }
    }

    private func assemble(plugin: ExecCredential?, state: inout State) throws(ClusterError) -> Current {
        let identity = credentials.identity
        var ingredients = Ingredients()
        if case .authorities(let material) = credentials.trust {
            ingredients.authorities = try bytes(material, state: &state)
        }
        if let certificate = plugin?.certificate {
            ingredients.chain = certificate.chain.value
            ingredients.key = certificate.key.value
        } else if let certificate = identity.certificate {
            ingredients.chain = try bytes(certificate.chain, state: &state)
            ingredients.key = try bytes(certificate.key, state: &state)
        }
        let tls: TLSConfiguration
        if let known = state.tls, known.ingredients == ingredients {
            tls = known.configuration
        } else {
            tls = try configuration(ingredients)
            state.tls = (ingredients, tls)
        }
        let token = try token(plugin: plugin, state: &state)
        return Current(
            authorization: token.map { Secret("Bearer \($0.value)") },
            tls: tls,
            generation: state.generation
        )
    }

    private func token(plugin: ExecCredential?, state: inout State) throws(ClusterError) -> Secret<String>? {
        if let token = plugin?.token { return token }
        let identity = credentials.identity
        guard let file = identity.tokenFile else { return identity.token }
        do throws(ClusterError) {
            let text = String(decoding: try bytes(.file(file), state: &state), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty else { throw ClusterError("The token file \(file) is empty.") }
            // A line end inside would let a token write headers of its own.
            guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw ClusterError("The token file \(file) holds something else than one token.")
            }
            return Secret(text)
        } catch {
            guard let token = identity.token else { throw error }
            return token
        }
    }

    private func bytes(_ material: ClusterCredentials.Material, state: inout State) throws(ClusterError) -> [UInt8] {
        switch material {
        case .bytes(let secret): secret.value
        case .file(let path): try state.files[path, default: CredentialFile(path: path)].read()
        }
    }

    private func configuration(_ ingredients: Ingredients) throws(ClusterError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if credentials.trust == .anything { tls.certificateVerification = .none }
        if let pem = ingredients.authorities {
            tls.trustRoots = .certificates(try certificates(pem, what: "certificate authority"))
        }
        if let chain = ingredients.chain, let key = ingredients.key {
            tls.certificateChain = try certificates(chain, what: "client certificate").map { .certificate($0) }
            do {
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
            } catch {
                throw ClusterError("The client key for \(credentials.server) is not a private key in PEM.")
            }
        }
        return tls
    }

    private func certificates(_ pem: [UInt8], what: String) throws(ClusterError) -> [NIOSSLCertificate] {
        // Text without any certificate is an error too.
        let found = (try? NIOSSLCertificate.fromPEMBytes(pem)) ?? []
        guard !found.isEmpty else {
            throw ClusterError("The \(what) for \(credentials.server) holds no certificate in PEM.")
        }
        return found
    }

    /// The plugin's last word if it still holds, else a new one; whoever asks meanwhile waits for the same run.
    private func output(of program: ExecPlugin) async throws(ClusterError) -> ExecCredential {
        let now = Int64(Date().timeIntervalSince1970)
        let task = state.withLock { state in
            if let known = state.plugin, known.expiry.map({ now < $0 - Self.margin }) ?? true {
                return Task { Result<ExecCredential, ClusterError>.success(known) }
            }
            if let running = state.running { return running }
            // Not a child of the first who asks: its end must not take the others' credentials away.
            let task = Task { [self] in await renewedOutput(of: program) }
            state.running = task
            return task
        }
        return try await task.value.get()
    }

    private func renewedOutput(of program: ExecPlugin) async -> Result<ExecCredential, ClusterError> {
        let result: Result<ExecCredential, ClusterError>
        do throws(ClusterError) {
            result = .success(try await program.run())
        } catch {
            result = .failure(error)
        }
        state.withLock { state in
            state.running = nil
            if case .success(let credential) = result { state.plugin = credential }
        }
        return result
    }
}
