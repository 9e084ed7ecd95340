// SPDX-License-Identifier: Apache-2.0
import Hummingbird

extension FakeCluster {
    /// Answers with a stream of events.
    func watch(_ kind: FakeKind, _ request: FakeRequest, fault: Fault?, body: RequestBody) -> Response {
        let query = request.query
        guard let isMetadataOnly = sendsMetadataOnly(request) else {
            return StatusAnswer(code: 406, reason: "NotAcceptable", message: "not acceptable").response
        }
        let isStreamingList = query["sendInitialEvents"] == "true"
        let allowsBookmarks = ["true", "1"].contains(query["allowWatchBookmarks"])
        if let refusal = refusal(of: query, isStreamingList: isStreamingList) { return refusal }
        let asked = query["resourceVersion"] ?? ""
        let current = snapshot.version
        guard let version = asked.isEmpty ? 0 : UInt64(asked) else {
            return StatusAnswer(code: 400, reason: "BadRequest", message: "invalid resource version").response
        }
        guard version <= current else {
            return StatusAnswer(
                code: 504,
                reason: "Timeout",
                message: "Too large resource version: \(version), current: \(current)",
                retryAfter: 1,
                details: [
                    """
                    "causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]
                    """
                ]
            )
            .response
        }
        let watch = FakeWatch(
            self,
            kind,
            shape: isMetadataOnly ? .metadata : .whole,
            version: version == 0 ? nil : version,
            endsInitialEvents: isStreamingList,
            allowsBookmarks: allowsBookmarks,
            timeout: query["timeoutSeconds"].flatMap { Int($0) } ?? 1800,
            fault: fault
        )
        let pieces = FaultyBody(fault: fault, source: watch.next)
        return Response(
            status: .ok,
            headers: [.contentType: isMetadataOnly ? "application/json;stream=watch" : "application/json"],
            body: ResponseBody { [self] writer in
                update { $0.openWatches += 1 }
                defer { update { $0.openWatches -= 1 } }
                try await body.consumeWithCancellationOnInboundClose { _ in
                    while let piece = try await pieces.next() { try await writer.write(piece) }
                }
                try await writer.finish(nil)
            }
        )
    }

    /// Why the API server would not take these parameters.
    private func refusal(of query: [String: String], isStreamingList: Bool) -> Response? {
        var reason: String?
        if isStreamingList {
            if !snapshot.offersStreamingLists {
                reason = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
            } else if query["resourceVersionMatch"] != "NotOlderThan" {
                reason = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            }
        } else if query["resourceVersionMatch"] != nil {
            reason = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        }
        return reason.map {
            StatusAnswer(
                code: 422,
                reason: "Invalid",
                message: "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: \($0)"
            )
            .response
        }
    }
}
