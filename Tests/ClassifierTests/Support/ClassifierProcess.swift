// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import TestSupport
import Traffic
import Wire

/// The program itself, on a port of its own.
struct ClassifierProcess {
    /// The process.
    let process: ChildProcess
    /// Where it listens.
    let port: Int

    /// Starts the program on a free port of 127.0.0.1 and waits until it says that it is ready.
    init(arguments: [String], in directory: TemporaryDirectory) async throws {
        process = try Self.launch(["--listen", "127.0.0.1:0"] + arguments, in: directory)
        let line = try await process.waitForLine(containing: "ready")
        guard
            let address = line.split(separator: " ").first(where: { $0.hasPrefix("listen=127.0.0.1:") }),
            let port = address.split(separator: ":").last.flatMap({ Int($0) })
        else { throw DeadlineError("no address in the line: \(line)") }
        self.port = port
    }

    /// Starts the program, which may end at once.
    static func launch(_ arguments: [String], in directory: TemporaryDirectory) throws -> ChildProcess {
        try ChildProcess(
            [try BuiltProduct.path("netledger-classifier")] + arguments,
            directory: directory.path,
            outputPath: directory.file("classifier-\(UUID().uuidString).log")
        )
    }

    /// Sends requests over one connection.
    func withClient<Value: Sendable>(
        _ body: @escaping @Sendable (TestClient) async throws -> Value
    ) async throws -> Value {
        try await TestClient.withClient(host: "127.0.0.1", port: port, operation: body)
    }
}

extension TestClient {
    /// Posts a batch.
    func post(_ batch: FlowBatch) async throws -> TestClient.Response {
        try await post(
            "/v1/flows",
            headers: [.contentType: "application/x-protobuf"],
            body: ByteBuffer(bytes: batch.encoded())
        )
    }
}
