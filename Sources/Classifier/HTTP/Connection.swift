// SPDX-License-Identifier: Apache-2.0
import NIOSSL
import Synchronization

/// What is known about a client's connection.
final class Connection: Sendable, Hashable {
    /// The connection that the running task serves; `nil` outside of a server.
    @TaskLocal static var current: Connection?

    /// Which authorities were believed when it opened; see ``ServerTLS``.
    private let trust: Int
    private let shown = Mutex<ClientCertificate?>(nil)

    /// A connection that opens while ``ServerTLS/trust`` is `trust`.
    init(trust: Int) {
        self.trust = trust
    }

    /// The certificate that the client has shown; `nil` if it has none.
    var certificate: ClientCertificate? {
        shown.withLock { $0 }
    }

    /// Notes the client's certificate, which was verified.
    func show(_ certificate: NIOSSLCertificate) {
        let certificate = ClientCertificate(certificate, trust: trust)
        shown.withLock { $0 = certificate }
    }

    static func == (left: Connection, right: Connection) -> Bool {
        left === right
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }
}
