// SPDX-License-Identifier: Apache-2.0
import Exposition

/// The part of `/metrics` about who was let in.
struct AccessPage: Sendable {
    /// Who turned requests away.
    let gate: Gatekeeper
    /// All connections.
    let connections: ConnectionTable
    /// The server's certificate; `nil` for plain HTTP.
    let tls: ServerTLS?
    /// How access and certificates were loaded.
    let reloader: AccessReloader

    /// Writes it.
    func write(to text: inout MetricsText) {
        text.family(
            "netledger_classifier_denied_requests_total",
            help: "Requests that were turned away before they were read, by reason.",
            kind: .counter
        ) { for (reason, count) in gate.denied { $0.sample([MetricLabel("reason", reason.rawValue)], count) } }
        text.family(
            "netledger_classifier_connections",
            help: "Connections that are open.",
            kind: .gauge,
            value: UInt64(connections.count)
        )
        text.family(
            "netledger_classifier_evicted_connections_total",
            help: "Idle connections that were closed to make room for others.",
            kind: .counter,
            value: connections.evicted
        )
        let status = reloader.status
        text.family(
            "netledger_classifier_access_reloads_total",
            help: "Times that certificates and the access file were read again, by result.",
            kind: .counter
        ) {
            $0.sample([MetricLabel("result", "success")], status.successes)
            $0.sample([MetricLabel("result", "failure")], status.failures)
        }
        text.family(
            "netledger_classifier_access_last_reload_successful",
            help: "1 if the certificates and the access file on disk are those that hold, 0 if they cannot be used.",
            kind: .gauge,
            value: status.error == nil ? 1 : 0
        )
        guard let tls else { return }
        text.family(
            "netledger_classifier_certificate_expiry_timestamp_seconds",
            help: "When the server's certificate expires, in seconds since 1970.",
            kind: .gauge,
            value: UInt64(max(0, tls.notAfter))
        )
    }
}
