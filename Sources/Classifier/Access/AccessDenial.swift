// SPDX-License-Identifier: Apache-2.0
import HTTPTypes

/// Why a caller is turned away, and what it is told (RFC 6750).
struct AccessDenial: Sendable {
    /// The reasons that requests which were turned away are counted by.
    enum Reason: String, CaseIterable, Sendable {
        /// It has shown nothing.
        case noCredentials = "no_credentials"
        /// What it has shown is wrong, or no longer valid.
        case invalidCredentials = "invalid_credentials"
        /// It is known, and may not do this.
        case notPermitted = "not_permitted"
        /// Kubernetes was asked, and did not answer.
        case unavailable
    }

    /// Why.
    var reason: Reason
    /// What it is told: sentences.
    var detail: String

    /// A denial for `reason`.
    init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    /// The answer.
    var problem: RequestProblem {
        let challenge = "Bearer realm=\"netledger\""
        switch reason {
        case .noCredentials:
            return RequestProblem(.unauthorized, detail, headers: [.wwwAuthenticate: challenge])
        case .invalidCredentials:
            let value = challenge + ", error=\"invalid_token\""
            return RequestProblem(.unauthorized, detail, headers: [.wwwAuthenticate: value])
        case .notPermitted:
            let value = challenge + ", error=\"insufficient_scope\""
            return RequestProblem(.forbidden, detail, headers: [.wwwAuthenticate: value])
        case .unavailable:
            return RequestProblem(.serviceUnavailable, detail, headers: [.retryAfter: "5"])
        }
    }
}
