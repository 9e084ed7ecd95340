// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What a JSON web token says about itself; nothing of it is proved.
///
/// It saves the API server the tokens that cannot be good: expired ones and those made for others.
struct TokenClaims: Sendable {
    /// The first second it is no longer valid, since 1970-01-01T00:00:00Z; `nil` if it does not say.
    var expires: Int64?
    /// For whom it is made.
    var audiences: [String]
    /// The node of the pod it was given to; since Kubernetes 1.30.
    var node: String?

    private struct Payload: Decodable {
        struct Kubernetes: Decodable {
            struct Name: Decodable {
                var name: String?
            }

            var node: Name?
        }

        struct Audience: Decodable {
            var values: [String]

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                // One audience may be written without a list.
                values = try (try? container.decode([String].self)) ?? [container.decode(String.self)]
            }
        }

        var exp: Double?
        var aud: Audience?
        var kubernetes: Kubernetes?

        enum CodingKeys: String, CodingKey {
            case exp
            case aud
            case kubernetes = "kubernetes.io"
        }
    }

    /// What `token` says; `nil` if it is no JSON web token.
    init?(_ token: String) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var base64 = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        while base64.utf8.count % 4 != 0 { base64 += "=" }
        guard
            let data = Data(base64Encoded: String(base64)),
            // Whatever cannot be read is not a token that Kubernetes has made.
            let payload = try? JSONDecoder().decode(Payload.self, from: data)
        else { return nil }
        expires = payload.exp.flatMap { Int64(exactly: $0.rounded(.down)) }
        audiences = payload.aud?.values ?? []
        node = payload.kubernetes?.node?.name
    }
}
