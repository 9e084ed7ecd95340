// SPDX-License-Identifier: Apache-2.0
import Foundation

extension Resource {
    /// What a page of a listing may be answered with: metadata alone where that is enough and the server can do it.
    var listAccept: String {
        isMetadataOnly ? Self.metadataOnly("PartialObjectMetadataList") : "application/json"
    }

    /// What a watch may be answered with.
    var watchAccept: String {
        isMetadataOnly ? Self.metadataOnly("PartialObjectMetadata") : "application/json"
    }

    /// The path and query of a page of a listing.
    func listTarget(limit: Int, continuation: String?) -> String {
        target([("limit", "\(limit)")] + (continuation.map { [("continue", $0)] } ?? []))
    }

    /// The path and query of a watch for the changes after `version`, or for all objects and then the changes.
    func watchTarget(version: String?, time: Duration) -> String {
        let start =
            if let version {
                [("resourceVersion", version)]
            } else {
                [("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan")]
            }
        let seconds = max(1, time.components.seconds)
        return target([("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", "\(seconds)")] + start)
    }

    private func target(_ query: [(name: String, value: String)]) -> String {
        // Versions and continuations are opaque: whatever they hold must arrive as it came.
        var unreserved = CharacterSet(charactersIn: "a"..."z")
        unreserved.insert(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        let parts = query.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: unreserved) ?? "")"
        }
        return path + "?" + parts.joined(separator: "&")
    }

    private static func metadataOnly(_ kind: String) -> String {
        "application/json;as=\(kind);g=meta.k8s.io;v=v1,application/json"
    }
}
