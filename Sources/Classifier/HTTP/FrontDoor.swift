// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import HummingbirdCore
import Identity
import Logging
import Settings

/// What stands between the network and the routes: TLS, who may speak, and limits of connections.
struct FrontDoor: Sendable {
    /// The certificates; `nil` for plain HTTP.
    let tls: ServerTLS?
    /// Decides who may speak.
    let gate: Gatekeeper
    /// All connections.
    let connections: ConnectionTable
    /// Keeps certificates and access to their files.
    let reloader: AccessReloader
    /// How slow a client may be.
    let pace: RequestPace.Limits

    /// The door that `exposure` describes.
    ///
    /// - Throws: `SettingsError` if the access file cannot be used, `IdentityError` if a certificate or key cannot.
    init(_ exposure: Exposure, reviewer: (any TokenReviewer)?, clock: WallClock, logger: Logger) throws {
        let tls = try exposure.tls.map { files throws(IdentityError) in
            try ServerTLS(files, minimum: exposure.minimumTLS)
        }
        let check: @Sendable (AccessRules) throws(SettingsError) -> Void = { rules throws(SettingsError) in
            try exposure.check(rules, canReviewTokens: reviewer != nil)
        }
        let rules = try exposure.access.map { path throws(SettingsError) in try AccessRules(path: path) }
        if let rules { try check(rules) }
        let gate = Gatekeeper(
            rules ?? .open,
            reviews: reviewer.map { TokenReviews($0, clock: clock) },
            trust: { tls?.trust ?? 0 },
            clock: clock,
            logger: logger
        )
        self.tls = tls
        pace = exposure.pace
        self.gate = gate
        connections = ConnectionTable(limit: FileLimit.raise(forConnections: exposure.maxConnections))
        reloader = AccessReloader(path: exposure.access, gate: gate, tls: tls, check: check, logger: logger)
    }

    /// The server that opens it.
    var server: HTTPServerBuilder {
        GuardedChannel.builder(tls: tls, connections: connections, pace: pace)
    }

    /// What `/metrics` says about it.
    var page: AccessPage {
        AccessPage(gate: gate, connections: connections, tls: tls, reloader: reloader)
    }
}
