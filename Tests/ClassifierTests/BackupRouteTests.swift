// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import Ledger
import NIOCore
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

@Suite("Backup over HTTP")
struct BackupRouteTests {
    @Test func theAnswerIsASoundLedger() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let copy = directory.file("copy.db")
        let classifier = try TestClassifier()
        try await classifier.run { client in
            for sequence: UInt64 in 1...5 { try await client.post(FlowBatch.test(sequence: sequence)) }
            let response = try await client.get("/api/v1/backup")
            #expect(response.status == .ok)
            #expect(response.headers[.contentLength] == "\(response.body.readableBytes)")
            try Data(response.body.readableBytesView).write(to: URL(fileURLWithPath: copy))
        }
        let check = try LedgerCheck(path: copy)
        #expect(check.findings == [])
        #expect(check.totals.egressBytes == 5000)
        let folder = URL(fileURLWithPath: classifier.settings.database).deletingLastPathComponent().path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(!names.contains { $0.contains("backup") }, "nothing is left beside the ledger")
    }
}
