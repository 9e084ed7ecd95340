// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A `Status` object: how the API says that something failed.
struct APIStatus: Hashable, Sendable {
    /// The HTTP status, also where it comes inside an event; 0 if neither says one.
    var code: Int
    /// A word for programs, such as `Expired`; empty if there is none.
    var reason = ""
    /// A sentence for people.
    var message = ""
    /// How long to wait before trying again, if the server says so.
    var retryAfter: Duration?

    /// True if the version or the continuation that was asked for is older than what the server keeps.
    var isExpired: Bool { code == 410 || reason == "Expired" || reason == "Gone" }
}

extension APIStatus: Decodable {
    private enum CodingKeys: String, CodingKey {
        case code
        case reason
        case message
        case details
    }

    private struct Details: Decodable {
        let retryAfterSeconds: Int?
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        code = try fields.decodeIfPresent(Int.self, forKey: .code) ?? 0
        reason = try fields.decodeIfPresent(String.self, forKey: .reason) ?? ""
        message = try fields.decodeIfPresent(String.self, forKey: .message) ?? ""
        retryAfter = try fields.decodeIfPresent(Details.self, forKey: .details)?.retryAfterSeconds
            .flatMap { $0 > 0 ? .seconds($0) : nil }
    }

    /// The status of a response that is no success: its `Status` object if it has one, else its code and first words.
    ///
    /// - Parameter retryAfter: The header of that name; the API server writes whole seconds.
    init(code: Int, retryAfter: String?, body: [UInt8]) {
        if let status = try? JSONDecoder().decode(APIStatus.self, from: Data(body)), !status.message.isEmpty {
            // No Status object is no failure of its own: proxies in between write what they like.
            self = status
        } else {
            self.init(code: code, message: String(decoding: body.prefix(200), as: UTF8.self).oneLine)
        }
        self.code = code
        if let seconds = retryAfter.flatMap({ Int($0) }), seconds > 0 { self.retryAfter = .seconds(seconds) }
    }
}

extension APIStatus {
    /// The status as a sentence for an operator, with what to do about it; `action` is what was asked for.
    func sentence(action: String) -> String {
        let words = [code == 0 ? "" : String(code), reason].filter { !$0.isEmpty }.joined(separator: " ")
        let cause = message.isEmpty ? words : "\(words): \(message)"
        return switch code {
        case 401: "The API server does not accept the credentials (\(cause)). Check the token or the certificate."
        case 403: "The API server does not allow this client to \(action) (\(cause)). Check its role and binding."
        case 404: "The API server knows no way to \(action) (\(cause)). Check its URL and version."
        case 429: "The API server is too busy to \(action) (\(cause))."
        case _ where isExpired: "The API server no longer keeps the changes asked for (\(cause)); all is listed again."
        default: "The API server failed to \(action) (\(cause))."
        }
    }
}

extension String {
    /// The text without line ends and other control characters, as a log line or an answer can carry it.
    var oneLine: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
            .trimmingCharacters(in: .whitespaces)
    }
}
