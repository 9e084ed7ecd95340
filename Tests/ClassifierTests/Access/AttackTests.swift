// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Queries
import Synchronization
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

/// What a client does that means no good, against a real server.
@Suite struct AttackTests {
    /// A classifier that cuts off slow clients soon, so that a test need not wait for long.
    private func impatient(_ change: (inout ClassifierSettings) -> Void = { _ in }) throws -> TestClassifier {
        try TestClassifier { settings in
            settings.exposure.pace.header = .milliseconds(500)
            settings.exposure.pace.body = .milliseconds(500)
            settings.exposure.pace.rest = .milliseconds(500)
            settings.exposure.pace.idle = .milliseconds(500)
            settings.exposure.pace.answer = .milliseconds(500)
            change(&settings)
        }
    }

    /// Asks over a connection of its own: those that are idle are cut off.
    private func fresh<Value: Sendable>(
        _ client: some TestClientProtocol,
        _ body: @escaping @Sendable (TestClient) async throws -> Value
    ) async throws -> Value {
        try await TestClient.withClient(host: "localhost", port: #require(client.port), operation: body)
    }

    /// Expects that others are served.
    private func expectService(_ client: some TestClientProtocol) async throws {
        let response = try await fresh(client) { try await $0.post(FlowBatch.test()) }
        #expect(response.status == .ok)
    }

    private func metrics(_ client: some TestClientProtocol) async throws -> MetricsSnapshot {
        let response = try await fresh(client) { try await $0.get("/metrics") }
        return MetricsSnapshot(String(buffer: response.body ?? ByteBuffer()))
    }

    private static let post = "POST /v1/flows HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n"

    @Test(arguments: [
        "", "G", "GET /healthz HTTP/1.1\r\n", "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: a",
        AttackTests.post + "content-length: 100\r\n\r\nten bytes.",
        AttackTests.post + "transfer-encoding: chunked\r\n\r\n5\r\nab",
    ])
    func whoeverStopsInTheMiddleIsCutOff(beginning: String) async throws {
        try await impatient()
            .run(.live) { client in
                let raw = try RawClient(port: #require(client.port))
                raw.send(beginning)
                _ = try raw.readToEnd()
                try await expectService(client)
            }
    }

    @Test func aSlowHeaderIsCutOffThoughItNeverStops() async throws {
        try await impatient()
            .run(.live) { client in
                let raw = try RawClient(port: #require(client.port))
                raw.send("GET /healthz HTTP/1.1\r\nhost: x\r\n")
                // One field every few milliseconds, until the server has had enough.
                try await waitUntil("the server closes", every: .milliseconds(20)) { !raw.send("x-slow: 1\r\n") }
            }
    }

    @Test func anIdleConnectionIsClosedAndABusyOneIsNot() async throws {
        try await impatient()
            .run(.live) { client in
                let raw = try RawClient(port: #require(client.port))
                for _ in 0..<20 {
                    raw.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
                    #expect(try raw.read(until: "ok\n").contains("200 OK"))
                }
                #expect(try raw.readToEnd() == "")
            }
    }

    @Test func anEndlessBodyIsCutOff() async throws {
        try await impatient { $0.maxBody = 65_536 }
            .run(.live) { client in
                let raw = try RawClient(port: #require(client.port))
                raw.send(Self.post + "transfer-encoding: chunked\r\n\r\n")
                let chunk = "10000\r\n" + String(repeating: "a", count: 0x10000) + "\r\n"
                var sent = 0
                while raw.send(chunk) { sent += 1 }
                #expect(sent > 0)
                let metrics = try await metrics(client)
                // It was told so before: what was read is what the limit allows, and a piece more.
                #expect(metrics.refused("too_large").first == 1)
                #expect(metrics.refused("too_large").last.flatMap { $0 } ?? .infinity < 300_000)
            }
    }

    @Test func aDeclaredBodyOfAnySizeIsRefusedUnread() async throws {
        try await impatient()
            .run(.live) { client in
                for length in ["99999999999", "18446744073709551615"] {
                    let raw = try RawClient(port: #require(client.port))
                    raw.send(Self.post + "content-length: \(length)\r\n\r\n")
                    #expect(try raw.readToEnd().hasPrefix("HTTP/1.1 413"), "\(length)")
                }
            }
    }

    @Test(arguments: ["gzip", "deflate", "br", "zstd", "gzip, gzip", "GZIP", "x-gzip"])
    func aCompressionBombIsNotOpened(encoding: String) async throws {
        // 100 MB of zeros in 100 kB; nothing of it is ever decompressed.
        let bomb = [UInt8](repeating: 0, count: 100_000)
        try await TestClassifier()
            .run(.live) { client in
                let response = try await client.post(bytes: bomb, encoding: encoding)
                #expect(response.status == .unsupportedMediaType)
                #expect(response.headers[.acceptEncoding] == "identity")
                #expect(try await client.metrics().refused("content_encoding").first == 1)
            }
    }

    @Test(arguments: [
        "GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: \(String(repeating: "a", count: 100_000))\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: x\r\n\(String(repeating: "x-many: 1\r\n", count: 200))\r\n",
        "GET /healthz HTTP/1.1\r\nhost: x\r\n\(String(repeating: "x: \(String(repeating: "a", count: 30_000))\r\n", count: 3))\r\n",
        "GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /healthz\r\n HTTP/1.1\r\n\r\n", "GET /healthz HTTP/1.1\r\nbad header\r\n\r\n",
        "\u{0}\u{0}\u{0}\u{0}\r\n\r\n",
        "POST /v1/flows HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/flows HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        "POST /v1/flows HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        "POST /v1/flows HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    ])
    func aHeaderThatIsTooLongOrWrongIsRefusedAndClosed(request: String) async throws {
        try await impatient()
            .run(.live) { client in
                let raw = try RawClient(port: #require(client.port))
                raw.send(request)
                let answer = try raw.readToEnd()
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(200))")
                try await expectService(client)
            }
    }

    /// Gathered, or sent while it is read.
    @Test(arguments: ["group_by=pod", "group_by=pod&step=1m&format=csv"])
    func anAnswerThatNobodyTakesIsGivenUp(query: String) async throws {
        try await impatient()
            .run(.live) { client in
                // Long names make a long answer from few batches.
                let owners = (0..<2_000)
                    .map { Owner.unit("\($0)-" + String(repeating: "p", count: 200), cgroupID: UInt64($0 + 1)) }
                let flows = owners.indices.map { Flow.to("93.184.216.34", owner: $0, egress: 1000) }
                for sequence in 1...8 {
                    let named = owners.map { owner in
                        var owner = owner
                        owner.pod += "-\(sequence)"
                        return owner
                    }
                    let batch = FlowBatch.test(sequence: UInt64(sequence), owners: named, flows: flows)
                    let response = try await fresh(client) { try await $0.post(batch) }
                    #expect(response.status == .ok)
                }
                let raw = try RawClient(port: #require(client.port))
                for _ in 0..<4 { raw.send("GET /api/v1/usage?\(query) HTTP/1.1\r\nhost: x\r\n\r\n") }
                try await expectService(client)
                try await waitUntil("the server closes") {
                    try await metrics(client)["netledger_classifier_connections"] == 1
                }
            }
    }

    @Test(arguments: [
        "' OR 1=1 --", "'; DROP TABLE series; --", "\" UNION SELECT * FROM sqlite_master --", "%' AND 'a'='a",
        "\\'; --",
        "shop' OR namespace != '",
    ])
    func sqlInAFilterIsAName(text: String) async throws {
        try await TestClassifier()
            .run { client in
                try await client.post(FlowBatch.test())
                let value = try #require(text.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                for name in ["namespace", "pod", "node", "cluster", "network", "rule"] {
                    #expect(try await client.usage("\(name)=\(value)").counters.isZero, "\(name)")
                }
                for query in ["order=\(value)", "group_by=\(value)", "limit=\(value)", "start=\(value)", "\(value)=1"] {
                    let response = try await client.get("/api/v1/usage?\(query)")
                    #expect(response.status == .badRequest)
                    _ = try response.problem()
                }
                #expect(try await client.usage().counters.ingressBytes == 5000)
            }
    }

    @Test(arguments: ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "a\r\nb,c", "\"quoted\",=1"])
    func aNameCannotBecomeAFormulaOrALine(name: String) async throws {
        try await TestClassifier()
            .run { client in
                // An agent of ours does not send what has control characters; somebody else may.
                let harmless = String(repeating: "Q", count: name.utf8.count)
                let batch = try FlowBatch.test(owners: [.unit(harmless)]).encoded()
                let response = try await client.post(
                    bytes: batch.replacing(Array(harmless.utf8), with: Array(name.utf8))
                )
                let csv = try await client.get("/api/v1/usage?group_by=pod&format=csv").text
                let cells = CSVText.cells(csv)
                #expect(cells.allSatisfy { $0.count == cells[0].count })
                if response.status == .ok {
                    #expect(cells.count == 2)
                    let pod = try #require(cells.last?.first)
                    #expect(pod.first.map { !"=+-@\t\r".contains($0) } == true, "\(pod)")
                }
            }
    }

    /// Nothing is looked up on a disk: a path is one of those that are listed, letter by letter.
    @Test(arguments: [
        "/../../etc/passwd", "/api/v1/../../../etc/passwd", "/api/v1/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
        "/%2fetc/passwd", "/api/v1/usage/..", "/api/v1/./usage", "/api//v1/usage", "/api/v1/usage%00.csv",
        "/api/v1/usage;x=1", "/api/v1%2fusage", "/..%5c..%5cetc/passwd", "/file:///etc/passwd", "/metrics%20",
    ])
    func aPathIsNoPathOnDisk(path: String) async throws {
        try await impatient()
            .run(.live) { client in
                let raw = try RawClient(port: #require(client.port))
                raw.send("GET \(path) HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                let answer = try raw.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 404"), "\(path): \(answer.prefix(100))")
                #expect(!answer.contains("root:"))
            }
    }

    @Test(arguments: ["a%0d%0aSet-Cookie:%20x=1", "%0d%0a%0d%0a%3Cscript%3E", "a%0aLocation:%20http://evil"])
    func aLineBreakInAParameterIsNoHeader(value: String) async throws {
        try await TestClassifier()
            .run(.live) { client in
                for query in ["format=\(value)", "\(value)=1", "namespace=\(value)", "group_by=\(value)"] {
                    let response = try await client.get("/api/v1/usage?\(query)")
                    for name in ["Set-Cookie", "Location"] {
                        #expect(response.headers[HTTPField.Name(name) ?? .accept] == nil)
                    }
                    #expect(response.headers[.contentType]?.contains("html") == false)
                }
            }
    }

    @Test func tooManyQuestionsAtOnceAreToldToComeBack() async throws {
        let limits = QueryLimits(timeout: .seconds(30))
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<QueryLimits.Kind.question.mostAtOnce {
                group.addTask {
                    _ = try await limits.run {
                        start.yield()
                        for await _ in gate {}
                        return .init(status: .ok)
                    }
                }
            }
            var running = started.makeAsyncIterator()
            for _ in 0..<QueryLimits.Kind.question.mostAtOnce { await running.next() }
            let problem = await #expect(throws: RequestProblem.self) {
                try await limits.run { .init(status: .ok) }
            }
            #expect(problem?.problem.status == 503)
            #expect(problem?.headers[.retryAfter] == "1")
            group.cancelAll()
            open.finish()
        }
        #expect(try await limits.run { .init(status: .ok) }.status == .ok)
    }

    @Test(arguments: [QueryLimits.Kind.question, .copy])
    func anAnswerCountsUntilItIsSentAndHasItsTime(kind: QueryLimits.Kind) async throws {
        let hours = Mutex(0)
        let start = ContinuousClock.now
        let limits = QueryLimits(timeout: .seconds(30)) { start + .seconds(3600 * hours.withLock(\.self)) }
        let piece = ByteBuffer(string: "piece")
        var answers: [Response] = []
        for _ in 0..<kind.mostAtOnce {
            answers.append(
                try await limits.run(kind) {
                    Response(
                        status: .ok,
                        body: ResponseBody { writer in
                            try await writer.write(piece)
                            hours.withLock { $0 += 5 }
                            try await writer.write(piece)
                            hours.withLock { $0 += 5 }
                            try await writer.write(piece)
                        }
                    )
                }
            )
        }
        // Nothing runs, but what was answered is not sent.
        let problem = await #expect(throws: RequestProblem.self) { try await limits.run(kind) { .init(status: .ok) } }
        #expect(problem?.problem.status == 503)
        let pieces = Atomic(0)
        await #expect(throws: FetchTimeout.self) {
            try await answers[0].body.write(CountingWriter { pieces.add(1, ordering: .relaxed) })
        }
        #expect(pieces.load(ordering: .relaxed) == (kind == .question ? 1 : 2))
        answers = []
        #expect(try await limits.run(kind) { .init(status: .ok) }.status == .ok)
    }

    /// A copy takes as long as it takes; nobody can fill the disk with several.
    @Test func aCopyIsNoQuestion() async throws {
        try await TestClassifier { $0.exposure.queryTimeout = .zero }
            .run { client in
                try await client.post(FlowBatch.test())
                #expect(try await client.get("/api/v1/backup").status == .ok)
            }
    }

    @Test func aQuestionThatTakesTooLongIsGivenUp() async throws {
        let limits = QueryLimits(timeout: .milliseconds(100))
        let problem = await #expect(throws: RequestProblem.self) {
            try await limits.run {
                // What the ledger does, too: it ends soon after it is cancelled.
                try await Task.sleep(for: .seconds(600))
                return .init(status: .ok)
            }
        }
        #expect(problem?.problem.status == 503)
        #expect(problem?.problem.detail.contains("--query-timeout") == true)
    }
}

/// Counts the pieces of an answer.
private struct CountingWriter: ResponseBodyWriter {
    let count: @Sendable () -> Void

    func write(_ buffer: ByteBuffer) async throws {
        count()
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
