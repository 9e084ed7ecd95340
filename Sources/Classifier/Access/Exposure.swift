// SPDX-License-Identifier: Apache-2.0
import Settings
import Traffic

/// How the classifier shows itself to the network: TLS, who may speak, and how much.
///
/// Each property but the last is a setting of the same name in ``ClassifierOptions``.
struct Exposure: Hashable, Sendable {
    /// `tls-certificate` and `tls-key`: the server's certificate and key, and `client-ca`, who vouches for clients.
    var tls: ServerTLS.Files?
    /// `tls-minimum`: the oldest version of TLS that is spoken.
    var minimumTLS = ServerTLS.MinimumVersion.tls13
    /// `access`: the file that says who may speak; `nil` for everybody.
    var access: String?
    /// `allow-plain-http`: true if HTTP without TLS may be served beyond loopback.
    var allowsPlainHTTP = false
    /// `max-connections`: connections that may be open at a time; 16...1,000,000.
    var maxConnections = 8_192
    /// `query-timeout`: how long a question may take; 100 ms...1 h.
    var queryTimeout = Duration.seconds(30)
    /// How slow a client may be.
    var pace = RequestPace.Limits()
}

extension Exposure {
    /// The settings that `source` overrides, over the defaults.
    ///
    /// - Parameter listen: The address that is listened on.
    /// - Throws: An error that names the setting at fault, or the one that is missing for `listen` to be safe.
    init(_ source: SettingsSource, listen: ListenAddress) throws(SettingsError) {
        self.init()
        let certificate = try source.value("tls-certificate", as: .text)
        let key = try source.value("tls-key", as: .text)
        let clientAuthorities = try source.value("client-ca", as: .text)
        minimumTLS = try source.value("tls-minimum", default: minimumTLS, as: .choice)
        access = try source.value("access", as: .text)
        allowsPlainHTTP = try source.value(
            "allow-plain-http",
            default: allowsPlainHTTP,
            as: SettingType("true or false") { ["true": true, "false": false][$0] }
        )
        maxConnections = try source.value("max-connections", default: maxConnections, as: .integer(in: 16...1_000_000))
        let time = Duration.milliseconds(100)...Duration.seconds(3_600)
        queryTimeout = try source.value("query-timeout", default: queryTimeout, as: .duration(in: time))
        switch (certificate, key) {
        case (let certificate?, let key?):
            tls = ServerTLS.Files(certificate: certificate, key: key, clientAuthorities: clientAuthorities)
        case (nil, nil):
            guard clientAuthorities == nil else {
                throw SettingsError(
                    .flag("--client-ca"),
                    "clients show certificates over TLS only; add --tls-certificate"
                )
            }
        case (_, nil): throw SettingsError(.flag("--tls-certificate"), "its key is missing; add --tls-key")
        case (nil, _): throw SettingsError(.flag("--tls-key"), "its certificate is missing; add --tls-certificate")
        }
        try checkBeyondLoopback(listen)
    }

    /// Refuses to serve others than this host's own programs without a word about who they are.
    private func checkBeyondLoopback(_ listen: ListenAddress) throws(SettingsError) {
        guard !listen.isLoopback else { return }
        guard tls != nil || allowsPlainHTTP else {
            throw SettingsError(
                .flag("--listen"),
                "\(listen) can be reached from other hosts, and without TLS they can be read and forged. Add "
                    + "--tls-certificate and --tls-key, or --allow-plain-http if something in front speaks TLS"
            )
        }
        guard access != nil else {
            throw SettingsError(
                .flag("--listen"),
                "\(listen) can be reached from other hosts. Say who may speak with --access FILE; a file with "
                    + "\"agents: anyone\" and \"readers: anyone\" lets everybody"
            )
        }
    }

    /// Refuses rules that these settings cannot serve.
    func check(_ rules: AccessRules, canReviewTokens: Bool) throws(SettingsError) {
        let origin = SettingsError.Origin.file(path: access ?? "", line: nil, key: nil)
        guard !rules.needsCertificates || tls?.clientAuthorities != nil else {
            throw SettingsError(origin, "an entry asks for a certificate; say who vouches for clients with --client-ca")
        }
        guard !rules.needsTokenReviews || canReviewTokens else {
            throw SettingsError(origin, "an entry asks for a service account; only Kubernetes knows them: --kubernetes")
        }
    }
}

extension ListenAddress {
    /// True if only programs on this host can connect.
    var isLoopback: Bool {
        guard let address = IPAddress(host) else { return host.lowercased() == "localhost" }
        return CIDR("127.0.0.0/8")?.contains(address) == true || IPAddress("::1") == address
    }
}
