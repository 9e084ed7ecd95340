// SPDX-License-Identifier: Apache-2.0
import Foundation
import Hummingbird

extension FakeCluster {
    /// Where a listing goes on, as the continue token says it.
    private struct Continuation {
        let version: UInt64
        let next: Int

        init(version: UInt64, next: Int) {
            self.version = version
            self.next = next
        }

        init?(token: String) {
            guard let data = Data(base64Encoded: token) else { return nil }
            let parts = String(decoding: data, as: UTF8.self).split(separator: " ")
            guard parts.count == 2, let version = UInt64(parts[0]), let next = Int(parts[1]) else { return nil }
            self.init(version: version, next: next)
        }

        /// Opaque, and with characters that must be escaped in a query.
        var token: String { Data("\(version) \(next)".utf8).base64EncodedString() }
    }

    /// Answers with a page of a listing, or with all of it if no limit is asked for.
    func list(_ kind: FakeKind, _ request: FakeRequest, fault: Fault?) -> Response {
        guard let isMetadataOnly = sendsMetadataOnly(request) else {
            return StatusAnswer(
                code: 406,
                reason: "NotAcceptable",
                message: "only the following media types are accepted: application/json"
            )
            .response
        }
        let limit = request.query["limit"].flatMap { Int($0) } ?? 0
        let token = request.query["continue"] ?? ""
        let continuation = Continuation(token: token)
        if !token.isEmpty, continuation == nil {
            return StatusAnswer(code: 400, reason: "BadRequest", message: "continue key is not valid").response
        }
        let snapshot = update { state -> FakeCollection.Snapshot? in
            guard let continuation else {
                let version = state.version
                return state.collections[kind.path]?.snapshot(at: version, isKept: limit > 0)
            }
            return state.collections[kind.path]?.snapshot(of: continuation.version)
        }
        guard let snapshot else {
            return StatusAnswer(
                code: 410,
                reason: "Expired",
                message: """
                    The provided continue parameter is too old to display a consistent list result. You can start a new \
                    list without the continue parameter.
                    """,
                metadata: ["\"continue\":\"bm90IHVzZWQ=\""]
            )
            .response
        }
        let start = min(continuation?.next ?? 0, snapshot.objects.count)
        let end = limit > 0 ? min(start + limit, snapshot.objects.count) : snapshot.objects.count
        var metadata = ["\"resourceVersion\":\"\(snapshot.version)\""]
        if end < snapshot.objects.count {
            let next = Continuation(version: snapshot.version, next: end)
            metadata.append("\"continue\":\"\(next.token)\"")
            metadata.append("\"remainingItemCount\":\(snapshot.objects.count - end)")
        }
        let items = snapshot.objects[start..<end].map { $0.json(isMetadataOnly ? .metadata : .item) }
        let (name, version) =
            isMetadataOnly ? ("PartialObjectMetadataList", "meta.k8s.io/v1") : ("\(kind.name)List", kind.apiVersion)
        return Self.json(
            """
            {"kind":"\(name)","apiVersion":"\(version)","metadata":{\(metadata.joined(separator: ","))},\
            "items":[\(items.joined(separator: ","))]}

            """,
            fault: fault
        )
    }
}
