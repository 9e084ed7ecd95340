// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

@Suite("A classifier whose disk is full")
struct FullDiskTests {
    @Test(.enabled(if: geteuid() == 0, "mounting a file system takes root"))
    func itAnswers503AndGoesOnByItself() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try #require(mount("tmpfs", directory.path, "tmpfs", 0, "size=4m") == 0, "\(String(cString: strerror(errno)))")
        defer { umount2(directory.path, CInt(MNT_DETACH)) }
        let ballast = directory.file("ballast")
        let classifier = try TestClassifier { $0.database = directory.file("ledger.db") }
        try await classifier.run { client in
            try await client.post(FlowBatch.test(sequence: 1))
            try fill(ballast)
            for _ in 0..<3 {
                let response = try await client.post(bytes: FlowBatch.test(sequence: 2).encoded())
                #expect(response.status == .serviceUnavailable)
                #expect(response.headers[.retryAfter] != nil)
                #expect(try response.problem().detail.contains("disk is full"))
                #expect(try await client.get("/readyz").status == .serviceUnavailable)
                #expect(try await client.usage("start=-1h").total["egress_bytes"] == 1000, "questions are answered")
                #expect(try await client.get("/api/v1/backup").status == .serviceUnavailable)
            }
            try FileManager.default.removeItem(atPath: ballast)
            #expect(try await client.post(FlowBatch.test(sequence: 2)).outcome == .applied)
            #expect(try await client.get("/readyz").status == .ok)
            #expect(try await client.usage("start=-1h").total["egress_bytes"] == 2000)
        }
    }

    /// Writes to `path` until the file system refuses.
    private func fill(_ path: String) throws {
        try #require(FileManager.default.createFile(atPath: path, contents: nil))
        let file = try #require(FileHandle(forWritingAtPath: path))
        var chunk = 65_536
        while chunk > 0 {
            do { try file.write(contentsOf: Data(count: chunk)) } catch { chunk /= 2 }
        }
        try file.close()
    }
}
