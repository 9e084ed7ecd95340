// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

@testable import Classifier

/// Knows some tokens, as an API server does, and counts how often it is asked.
final class FakeReviewer: TokenReviewer {
    /// The API server does not answer.
    struct Unreachable: Error {}

    private let known: [String: ReviewedToken]
    private let asked = Mutex(0)
    private let reachable = Mutex(true)

    init(_ known: [String: ReviewedToken]) {
        self.known = known
    }

    /// How often it was asked.
    var count: Int {
        asked.withLock { $0 }
    }

    /// Answers no longer.
    func disappear() {
        reachable.withLock { $0 = false }
    }

    func review(_ token: String, audiences: [String]) async throws -> ReviewedToken {
        asked.withLock { $0 += 1 }
        guard reachable.withLock({ $0 }) else { throw Unreachable() }
        return known[token] ?? .refused
    }

    /// A token that looks like one of Kubernetes; its signature is `signature`.
    static func token(
        audience: String = "netledger",
        expires: Int64 = TestClassifier.start + 3600,
        node: String? = nil,
        signature: String = "signature"
    ) -> String {
        func part(_ json: String) -> String {
            Data(json.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        }
        let name = node.map { #","kubernetes.io":{"node":{"name":"\#($0)","uid":"u"}}"# } ?? ""
        return part(#"{"alg":"RS256"}"#) + "." + part(#"{"aud":["\#(audience)"],"exp":\#(expires)\#(name)}"#)
            + ".\(signature)"
    }
}
