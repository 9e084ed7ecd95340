// SPDX-License-Identifier: Apache-2.0
import Foundation
import Queries

/// Takes a long answer, to standard output or into a file, and tells how far it is.
struct Download {
    /// What is asked for.
    let path: String
    /// With what.
    let parameters: [(name: String, value: String)]

    /// Bytes between two reports of progress.
    private static let stride: UInt64 = 1 << 20

    /// Writes the answer of `client` to the file `output`, or to standard output if there is none.
    ///
    /// The file appears when it is whole. If standard error is a terminal and the answer goes elsewhere, the bytes so far
    /// are shown there.
    ///
    /// What a CSV answer lacks is said on standard error: it has no place among the rows.
    func run(from client: ClassifierClient, to output: String? = nil) async throws {
        let notes = try await fetch(from: client, to: output)
        guard parameters.first(where: { $0.name == "format" })?.value ?? "csv" == "csv" else { return }
        for note in notes { StandardError.write(note.printable) }
    }

    private func fetch(from client: ClassifierClient, to output: String?) async throws -> [String] {
        var progress = Progress(shows: StandardError.isTerminal && (output != nil || !StandardOutput.isTerminal))
        defer { progress.finish() }
        guard let output else {
            return try await client.stream(path, parameters) { piece in
                try StandardOutput.write(piece)
                progress.count(piece)
            }
        }
        let file = try NewFile(output)
        do {
            let notes = try await client.stream(path, parameters) { piece in
                try file.write(piece)
                progress.count(piece)
            }
            try file.finish()
            return notes
        } catch {
            file.discard()
            throw error
        }
    }

    /// Bytes so far, and what people have seen of that.
    struct Progress {
        /// True if somebody looks.
        let shows: Bool
        /// Writes a text over the one before.
        var show: (String) -> Void = { StandardError.show($0) }
        private var bytes: UInt64 = 0
        private var shown: UInt64 = 0

        init(shows: Bool, show: @escaping (String) -> Void = { StandardError.show($0) }) {
            self.shows = shows
            self.show = show
        }

        mutating func count(_ piece: [UInt8]) {
            bytes += UInt64(piece.count)
            guard shows, bytes - shown >= Download.stride else { return }
            shown = bytes
            show(ByteUnits.decimal.text(bytes))
        }

        func finish() {
            if shown > 0 { show("\(ByteUnits.decimal.text(bytes))\n") }
        }
    }
}
