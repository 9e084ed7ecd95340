// SPDX-License-Identifier: Apache-2.0

public import Classification
import Foundation

/// A feed on disk: one document, or a folder of its editions.
public struct FeedFile: Hashable, Sendable {
    /// Bytes of the largest document that is read; the largest published today has about a tenth of it.
    public static let maxBytes = 64 << 20
    /// Documents of the largest folder that is read.
    public static let maxEditions = 1_000

    /// The shape of the documents.
    public var kind: FeedKind
    /// The document, or a folder in which every file called `*.json` is one.
    public var path: String
    /// When the edition begins, in nanoseconds since 1970-01-01T00:00:00Z, where that is not left to the document.
    public var validFrom: Int64?
    /// False to take names only.
    public var givesScope: Bool
    /// From where ``path`` is filled; `nil` if others put the documents there.
    public var remote: FeedRemote?

    /// The feed of `kind` at `path`.
    public init(
        kind: FeedKind,
        path: String,
        validFrom: Int64? = nil,
        givesScope: Bool = true,
        remote: FeedRemote? = nil
    ) {
        self.kind = kind
        self.path = path
        self.validFrom = validFrom
        self.givesScope = givesScope
        self.remote = remote
    }

    /// The first nanosecond of the day that `text`, written `yyyy-mm-dd`, means in UTC; `nil` if it is none.
    public static func day(_ text: String) -> Int64? {
        text.utf8.contains(UInt8(ascii: "-")) ? FeedDate.day(text) : nil
    }

    /// Reads the document, or all of the folder, in the order of the names.
    ///
    /// The folder of a feed with a URL may be empty or missing: then nothing has been loaded yet.
    ///
    /// - Throws: ``FeedError`` for the first document that cannot be used.
    public func read() throws(FeedError) -> [FeedSnapshot] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            if remote != nil { return [] }
            throw FeedError(source: path, reason: "there is no such file or folder")
        }
        guard isFolder.boolValue else {
            guard remote == nil else {
                throw FeedError(source: path, reason: "a feed with a URL is kept in a folder, and this is a file")
            }
            return [try read(path)]
        }
        guard validFrom == nil else {
            throw FeedError(source: path, reason: "a folder of editions cannot begin at one time; name a file")
        }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".json") }
        } catch {
            throw FeedError(source: path, reason: "cannot read the folder: \(error.localizedDescription)")
        }
        if names.isEmpty, remote != nil { return [] }
        guard (1...Self.maxEditions).contains(names.count) else {
            throw FeedError(
                source: path,
                reason: "the folder holds \(names.count) files called *.json; 1 to \(Self.maxEditions) can be used"
            )
        }
        var snapshots: [FeedSnapshot] = []
        for name in names.sorted() { snapshots.append(try read("\(path)/\(name)")) }
        return snapshots
    }

    private func read(_ path: String) throws(FeedError) -> FeedSnapshot {
        let data: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            data = try file.read(upToCount: Self.maxBytes + 1) ?? Data()
            try file.close()
        } catch {
            throw FeedError(source: path, reason: "cannot read the file: \(error.localizedDescription)")
        }
        guard data.count <= Self.maxBytes else {
            throw FeedError(source: path, reason: "the file is larger than \(Self.maxBytes >> 20) MiB")
        }
        return try FeedSnapshot(
            kind,
            document: Array(data),
            source: path,
            validFrom: validFrom,
            givesScope: givesScope
        )
    }
}
