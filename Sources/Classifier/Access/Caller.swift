// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Identity

/// Whoever sends a request, by what it shows.
struct Caller: Sendable {
    /// The certificate of its connection; `nil` if it has shown none.
    var certificate: ClientCertificate?
    /// The token of the request; `nil` if it has sent none.
    var token: String?
    /// True if the request has a field `Authorization` that is not one bearer token.
    var isMalformed = false

    /// Nobody in particular.
    init() {}

    /// Who sends `request` over the connection with `certificate`.
    init(_ request: Request, certificate: ClientCertificate?) {
        self.certificate = certificate
        let fields = request.headers[values: .authorization]
        guard let field = fields.first else { return }
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        if fields.count == 1, parts.count == 2, parts[0].lowercased() == "bearer", TokenFile.isToken(parts[1]) {
            token = String(parts[1])
        } else {
            isMalformed = true
        }
    }

    /// True if it has shown anything.
    var hasCredentials: Bool {
        certificate != nil || token != nil || isMalformed
    }
}
