// SPDX-License-Identifier: Apache-2.0

/// Why a request came to nothing, or a response broke off.
enum RequestFailure: Error, Hashable, Sendable {
    /// The server answered that it failed, or said so in the course of a watch.
    case status(APIStatus)
    /// The server could not be reached, or the connection broke.
    case connection(String)
    /// The credentials could not be read or made.
    case credentials(String)
    /// The server was silent for this long.
    case silence(Duration)
    /// The server sent what is not the API's.
    case unreadable(String)
    /// A page was larger than this many bytes.
    case pageTooLarge(Int)
    /// A watch that was to go on ended at once.
    case endedAtOnce
}

extension RequestFailure {
    /// The failure as a sentence for an operator; `action` and `subject` are what was asked for.
    func sentence(action: String, subject resource: String) -> String {
        switch self {
        case .status(let status): status.sentence(action: action)
        case .connection(let reason): "The connection to the API server failed: \(reason)."
        case .credentials(let reason): reason
        case .silence(let time): "The API server said nothing about \(resource) for \(time.components.seconds) s."
        case .unreadable(let reason): "The API server sent \(resource) that cannot be read: \(reason)."
        case .pageTooLarge(let bytes): "A page of \(resource) is larger than \(bytes) bytes; smaller pages follow."
        case .endedAtOnce: "The API server ended the watch of \(resource) at once."
        }
    }
}
