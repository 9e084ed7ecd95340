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

    /// The format that an HTTP `Accept` header prefers; JSON unless the header prefers another.
    ///
    /// Knows `application/json`, `text/csv` and `text/plain`, ranges such as `text/*`, and quality values; what it
    /// does not know it passes over, so there is always an answer.
    public init(accept header: String) {
        var best: (format: AnswerFormat, quality: Double) = (.json, 0)
        for element in header.split(separator: ",") {
            let parts = element.split(separator: ";")
                .map { part in
                    part.filter { !$0.isWhitespace }.lowercased()
                }
            let format: AnswerFormat
            switch parts.first {
            case "application/json", "application/*", "*/*": format = .json
            case "text/csv", "text/*": format = .csv
            case "text/plain": format = .table
            default: continue
            }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
            let quality = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if quality > best.quality { best = (format, quality) }
        }
        self = best.format
    }
}
