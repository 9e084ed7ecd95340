// SPDX-License-Identifier: Apache-2.0

/// What kind of event a watch brought, apart from its object.
enum WatchSignal: Hashable, Sendable {
    /// An object was added, changed or deleted, even if it could not be read.
    case change
    /// Nothing happened up to this version; or all objects that were there at first have been sent.
    case bookmark(endsInitialEvents: Bool)
    /// The server gives up the watch.
    case failure(APIStatus)
    /// A type that is newer than this program.
    case unknown
}

/// One line of a watch: `{"type": …, "object": …}`.
struct WatchEvent<Object: ClusterObject>: Decodable {
    /// What kind of event it is.
    let signal: WatchSignal
    /// The object's version, opaque; empty if it has none.
    let version: String
    /// What changed; `nil` if nothing did or if the object could not be read.
    let change: Change<Object>?
    /// Why the object of a change could not be read.
    let rejection: String?

    private enum CodingKeys: String, CodingKey {
        case type
        case object
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let type = try fields.decode(String.self, forKey: .type)
        var change: Change<Object>?
        var rejection: String?
        switch type {
        case "ADDED", "MODIFIED", "DELETED":
            signal = .change
            do {
                let object = try fields.decode(Object.self, forKey: .object)
                change = type == "DELETED" ? .delete(object) : .put(object)
            } catch {
                rejection = error.decodingReason
            }
            version = (try? fields.decode(Version.self, forKey: .object).text) ?? ""
        case "BOOKMARK":
            let bookmark = try fields.decode(Version.self, forKey: .object)
            signal = .bookmark(endsInitialEvents: bookmark.endsInitialEvents)
            version = bookmark.text
        case "ERROR":
            signal = .failure(try fields.decode(APIStatus.self, forKey: .object))
            version = ""
        default:
            signal = .unknown
            version = ""
        }
        self.change = change
        self.rejection = rejection
    }
}

/// The version of an object, and whether it is the bookmark after the initial events of a streaming list.
private struct Version: Decodable {
    let text: String
    let endsInitialEvents: Bool

    private enum CodingKeys: String, CodingKey {
        case metadata
    }

    private struct Metadata: Decodable {
        let resourceVersion: String?
        let annotations: Annotations?
    }

    private struct Annotations: Decodable {
        let initialEventsEnd: String?

        enum CodingKeys: String, CodingKey {
            case initialEventsEnd = "k8s.io/initial-events-end"
        }
    }

    init(from decoder: any Decoder) throws {
        let metadata = try decoder.container(keyedBy: CodingKeys.self).decode(Metadata.self, forKey: .metadata)
        text = metadata.resourceVersion ?? ""
        endsInitialEvents = metadata.annotations?.initialEventsEnd == "true"
    }
}
