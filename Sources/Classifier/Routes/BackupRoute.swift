// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import Logging
import NIOCore

/// `GET /api/v1/backup`: a copy of the whole ledger as it is now, while bookings go on.
///
/// It is copied to a file beside the ledger first, so that a slow client does not hold up the write-ahead log, and
/// sent from there. The file has no name while it is sent: whatever happens, its space comes back.
struct BackupRoute: Sendable {
    private static let chunk = 262_144

    /// What is copied.
    let ledger: Ledger
    /// Receives why a copy failed.
    let logger: Logger

    /// The route.
    var route: Route {
        var route = Route.get("/api/v1/backup") { _, _ in try await answer() }
        route.kind = .copy
        return route
    }

    private func answer() async throws -> Response {
        let path = ledger.pathForCopy
        let file: FileHandle
        let size: UInt64
        do {
            try await ledger.backUp(to: path)
            defer { unlink(path) }
            file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            size = try file.seekToEnd()
            try file.seek(toOffset: 0)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.error("no backup was made", metadata: ["error": "\(error)"])
            throw RequestProblem(
                .serviceUnavailable,
                "No backup was made: \(error)",
                headers: [.retryAfter: "60"]
            )
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/vnd.sqlite3",
                .contentDisposition: "attachment; filename=\"netledger.db\"",
            ],
            body: ResponseBody(contentLength: Int(size)) { writer in
                defer { try? file.close() }  // It was only read.
                while let data = try file.read(upToCount: Self.chunk), !data.isEmpty {
                    try await writer.write(ByteBuffer(bytes: data))
                }
                try await writer.finish(nil)
            }
        )
    }
}
