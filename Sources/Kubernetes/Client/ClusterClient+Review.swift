// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

extension ClusterClient {
    fileprivate struct Review: Codable {
        var apiVersion = "authentication.k8s.io/v1"
        var kind = "TokenReview"
        var spec: Spec?
        var status: Status?

        struct Spec: Codable {
            var token: String?
            var audiences: [String]?
        }

        struct Status: Codable {
            var authenticated: Bool?
            var user: User?
            var audiences: [String]?
            var error: String?
        }

        struct User: Codable {
            var username: String?
            var groups: [String]?
            var extra: [String: [String]]?
        }
    }

    /// Asks the cluster who presents `token`.
    ///
    /// A token counts as valid only if the cluster says that it is meant for one of the audiences asked for. A cluster
    /// that does not know audiences says so by naming none, and then the token is meant for its own API server.
    ///
    /// - Parameter audiences: Whom the token must be meant for; one of them is enough. Empty means the API server itself.
    /// - Throws: ``ClusterError`` if the server could not be asked. A token that is not valid is no error.
    public func review(token: String, audiences: [String]) async throws(ClusterError) -> TokenReview {
        do {
            let review = Review(spec: Review.Spec(token: token, audiences: audiences.isEmpty ? nil : audiences))
            let body = ByteBuffer(data: try JSONEncoder().encode(review))
            var answer: ByteBuffer
            do {
                answer = try await post(body)
            } catch RequestFailure.status(let status) where status.code == 401 {
                // The client's own token may have expired; its credentials are renewed by now.
                answer = try await post(body)
            }
            let status = try JSONDecoder().decode(Review.self, from: answer).status
            return TokenReview(status, audiences: audiences)
        } catch let failure as RequestFailure {
            throw ClusterError(failure.sentence(action: "create tokenreviews", subject: "a token review"))
        } catch {
            let failure = RequestFailure.unreadable(error.decodingReason)
            throw ClusterError(failure.sentence(action: "create tokenreviews", subject: "a token review"))
        }
    }

    private func post(_ body: ByteBuffer) async throws -> ByteBuffer {
        let responseTime = limits.responseTime
        return try await SilenceTimer.run(limit: responseTime) { [self] _ in
            let answer = try await send(
                "/apis/authentication.k8s.io/v1/tokenreviews",
                method: .POST,
                accept: "application/json",
                body: body,
                refused: renewCredentials(after:)
            )
            do {
                return try await answer.collect(upTo: 1 << 20)
            } catch {
                throw RequestFailure(connection: error, responseTime: responseTime)
            }
        }
    }
}

extension TokenReview {
    fileprivate init(_ status: ClusterClient.Review.Status?, audiences: [String]) {
        let granted = status?.audiences ?? []
        let isForUs = audiences.isEmpty || granted.contains(where: audiences.contains)
        let isValid = status?.authenticated == true
        self.init(
            isAuthenticated: isValid && isForUs,
            username: status?.user?.username ?? "",
            groups: status?.user?.groups ?? [],
            extra: status?.user?.extra ?? [:],
            audiences: granted,
            error: isValid && !isForUs
                ? "the token is not meant for \(audiences.joined(separator: " or "))"
                : status?.error.flatMap { $0.isEmpty ? nil : $0.oneLine }
        )
    }
}
