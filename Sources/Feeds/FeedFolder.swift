// SPDX-License-Identifier: Apache-2.0

import Classification
import Foundation
import Glibc

/// The folder in which the editions of a feed are kept that were loaded from its URL.
///
/// Every edition is a file of its own, as it was published, so that the folder is also one that ``FeedFile`` reads, and
/// a start without network has all of them. What was said about the newest one, so that it need not be sent again, is
/// in the folder `.fetch` inside.
public struct FeedFolder: Sendable {
    /// The last answer of the publisher.
    public struct Answer: Codable, Hashable, Sendable {
        /// What was asked for.
        public var url: String
        /// The header `ETag`.
        public var entityTag: String?
        /// The header `Last-Modified`.
        public var lastModified: String?
        /// When it came, in seconds since 1970-01-01T00:00:00Z.
        public var time: Int64

        /// The answer to a request for `url` that came at `time`.
        public init(url: String, entityTag: String? = nil, lastModified: String? = nil, time: Int64) {
            self.url = url
            self.entityTag = entityTag
            self.lastModified = lastModified
            self.time = time
        }
    }

    /// The shape of the documents.
    public let kind: FeedKind
    /// The folder.
    public let path: String

    /// The folder at `path`, which need not be there yet.
    public init(kind: FeedKind, path: String) {
        self.kind = kind
        self.path = path
    }

    /// The last answer about `url`; `nil` if there is none, or no edition that it could be about.
    public var lastAnswer: Answer? {
        // What cannot be read is asked for again.
        guard newest != nil, let data = FileManager.default.contents(atPath: answerPath) else { return nil }
        return try? JSONDecoder().decode(Answer.self, from: data)
    }

    /// Keeps `document` as the newest edition, if it can be used and differs from the newest one.
    ///
    /// The document is on disk when this returns; a crash on the way leaves the editions as they were.
    ///
    /// - Parameter keep: how many editions stay, 1 or more.
    /// - Returns: False if the newest edition is the same already.
    /// - Throws: ``FeedError`` for a document that cannot be used, or a folder that cannot be written.
    public func add(_ document: [UInt8], from answer: Answer, keep: Int) throws(FeedError) -> Bool {
        _ = try FeedSnapshot(kind, document: document, source: answer.url)
        let data = Data(document)
        if let newest, FileManager.default.contents(atPath: "\(path)/\(newest)") == data { return false }
        try write(data, to: "\(path)/\(name(of: answer))")
        for old in editions.dropLast(keep) {
            do {
                try FileManager.default.removeItem(atPath: "\(path)/\(old)")
            } catch {
                throw FeedError(source: "\(path)/\(old)", reason: "cannot remove it: \(error.localizedDescription)")
            }
        }
        return true
    }

    /// Notes `answer`, after what it brought was kept.
    ///
    /// - Throws: ``FeedError`` if the folder cannot be written.
    public func note(_ answer: Answer) throws(FeedError) {
        guard let data = try? JSONEncoder().encode(answer) else {
            throw FeedError(source: answer.url, reason: "the headers of the answer cannot be kept")
        }
        try write(data, to: answerPath)
    }

    private var answerPath: String { "\(path)/.fetch/answer" }

    /// Names of the editions that were loaded, oldest first.
    private var editions: [String] {
        // A folder that is not there has none.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasPrefix("\(kind.rawValue)-") && $0.hasSuffix(".json") }.sorted()
    }

    private var newest: String? { editions.last }

    /// The file's name: kind, time of the answer, and for documents without a date the day from which they hold.
    private func name(of answer: Answer) -> String {
        let time = Date(timeIntervalSince1970: TimeInterval(answer.time))
            .formatted(
                Date.ISO8601FormatStyle(
                    dateSeparator: .omitted,
                    dateTimeSeparator: .standard,
                    timeSeparator: .omitted,
                    timeZoneSeparator: .omitted,
                    includingFractionalSeconds: false,
                    timeZone: .gmt
                )
            )
        guard kind == .azure else { return "\(kind.rawValue)-\(time).json" }
        let published = FeedDate.atEnd(ofName: answer.url) != nil ? answer.url.dropLast(5).suffix(8) : time.prefix(8)
        return "\(kind.rawValue)-\(time)_\(published).json"
    }

    /// Writes `data` beside its place and moves it there, all of it or nothing.
    private func write(_ data: Data, to place: String) throws(FeedError) {
        let draft = "\(path)/.fetch/draft"
        do {
            try FileManager.default.createDirectory(atPath: "\(path)/.fetch", withIntermediateDirectories: true)
            guard FileManager.default.createFile(atPath: draft, contents: nil) else {
                throw CocoaError(.fileWriteUnknown)
            }
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: draft))
            try file.write(contentsOf: data)
            try file.synchronize()
            try file.close()
        } catch {
            throw FeedError(source: draft, reason: "cannot write it: \(error.localizedDescription)")
        }
        guard rename(draft, place) == 0 else {
            throw FeedError(source: place, reason: "cannot move it there: \(String(cString: strerror(errno)))")
        }
        let folder = Glibc.open(path, O_RDONLY | O_DIRECTORY)
        guard folder >= 0 else { return }
        // The name outlives a power cut; without it the document is loaded again.
        fsync(folder)
        close(folder)
    }
}
