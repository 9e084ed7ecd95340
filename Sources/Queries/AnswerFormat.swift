// SPDX-License-Identifier: Apache-2.0

/// How an answer is written.
public enum AnswerFormat: String, Hashable, Sendable, CaseIterable {
    /// JSON with exact integers.
    case json
    /// RFC 4180 with exact integers.
    case csv
    /// Aligned text for people, bytes in human units.
    case table

    /// The media type for HTTP.
    public var contentType: String {
        switch self {
        case .json: "application/json"
        case .csv: "text/csv; charset=utf-8; header=present"
        case .table: "text/plain; charset=utf-8"
        }
    }
}
