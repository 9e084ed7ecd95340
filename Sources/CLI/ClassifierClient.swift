// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Foundation
import Identity
import NIOCore
import NIOHTTP1
import NIOSSL
import Queries

/// Asks one classifier over HTTP.
struct ClassifierClient: Sendable {
    /// The URL of the classifier, without a slash at its end.
    let server: String
    /// What it shows, and whom it believes.
    private let identity: ClientIdentity?

    /// The largest answer that is read as a whole.
    private static let mostBytes = 1 << 30

    /// A client of the classifier at `server`; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - origin: Who says so, for the error if it is not the URL of a server.
    ///   - files: What to show to it, and whom to believe.
    /// - Throws: ``CommandFailure`` for the URL, `IdentityError` for the files.
    init(server: String, origin: String, files: ClientIdentity.Files = .init()) throws {
        let trimmed = server.hasSuffix("/") ? String(server.dropLast()) : server
        guard
            let url = URLComponents(string: trimmed), ["http", "https"].contains(url.scheme),
            url.host?.isEmpty == false, url.query == nil, url.fragment == nil
        else {
            throw CommandFailure(
                "\(origin): '\(server.printable)' is not the URL of a server, such as \(ServerOptions.defaultURL)"
            )
        }
        self.server = trimmed
        identity = try ClientIdentity(files, for: trimmed)
    }

    /// A client of the server at a URL that is known to be one, and that asks for nothing.
    init(checked server: String) {
        self.server = server
        identity = nil
    }

    /// The answer to a usage query.
    func usage(_ parameters: [(name: String, value: String)]) async throws -> UsageAnswer {
        let body = try await get("/api/v1/usage", parameters + [("format", AnswerFormat.json.rawValue)])
        return try decode(UsageAnswer.init(json:), body)
    }

    /// What the classifier says about itself.
    func status() async throws -> StatusReport {
        try decode(StatusReport.init(json:), await get("/api/v1/status"))
    }

    /// The status code with which the classifier answers `path`, or `nil` if it does not.
    func code(_ path: String, within limit: Duration) async -> UInt? {
        // Not reachable is the answer here, whatever the reason.
        try? await withResponse(path, [], within: limit) { UInt($0.status.code) }
    }

    /// The body of the answer to `GET path`, whole.
    func get(_ path: String, _ parameters: [(name: String, value: String)] = []) async throws -> [UInt8] {
        var body: [UInt8] = []
        try await stream(path, parameters) { piece in
            guard body.count + piece.count <= Self.mostBytes else {
                throw CommandFailure("The answer is larger than \(ByteUnits.binary.text(UInt64(Self.mostBytes))).")
            }
            body += piece
        }
        return body
    }

    /// The body of the answer to `POST path`, whole.
    ///
    /// - Parameter csv: What is posted, or nothing.
    func post(
        _ path: String,
        _ parameters: [(name: String, value: String)],
        csv: [UInt8]? = nil
    ) async throws -> [UInt8] {
        try await withResponse(path, parameters, method: .POST, csv: csv, within: .seconds(600)) { response in
            guard (200..<300).contains(response.status.code) else { throw try await failure(response, path: path) }
            var body: [UInt8] = []
            try await read(response.body) { body += $0 }
            return body
        }
    }

    /// Hands the body of the answer to `GET path` to `write`, piece by piece.
    ///
    /// - Returns: What the answer's header says that it lacks, for people.
    /// - Throws: ``CommandFailure`` if nobody answers or the answer is an error, and what `write` throws.
    @discardableResult
    func stream(
        _ path: String,
        _ parameters: [(name: String, value: String)],
        write: ([UInt8]) throws -> Void
    ) async throws -> [String] {
        try await withResponse(path, parameters, within: .seconds(120)) { response in
            guard response.status == .ok else { throw try await failure(response, path: path) }
            try await read(response.body, write)
            return AnswerFields.notes { response.headers.first(name: $0) }
        }
    }

    private func withResponse<Value: Sendable>(
        _ path: String,
        _ parameters: [(name: String, value: String)],
        method: HTTPMethod = .GET,
        csv: [UInt8]? = nil,
        within limit: Duration,
        _ body: (HTTPClientResponse) async throws -> Value
    ) async throws -> Value {
        var configuration = HTTPClient.Configuration()
        // A refused connection is an answer; the client would try it until the deadline.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        // A token is for this server, and for no other that it may name.
        configuration.redirectConfiguration = .disallow
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            var request = HTTPClientRequest(url: server + path + Self.query(parameters))
            request.method = method
            request.headers.add(name: "user-agent", value: "netledger")
            if let csv {
                request.headers.add(name: "content-type", value: "text/csv")
                request.body = .bytes(csv)
            }
            if let credentials = identity?.credentials() {
                request.tlsConfiguration = credentials.tls
                if let authorization = credentials.authorization {
                    request.headers.add(name: "authorization", value: authorization)
                }
            }
            let response: HTTPClientResponse
            do {
                response = try await client.execute(request, timeout: TimeAmount(limit))
            } catch let error as HTTPClientError where error != .connectTimeout && error != .deadlineExceeded {
                throw CommandFailure("The classifier at \(server) does not speak HTTP as expected: \(error).")
            } catch let error as NIOSSLError {
                throw CommandFailure(
                    "TLS with the classifier at \(server) failed: \(error). Its certificate must be for this name and "
                        + "come from an authority of --ca-file; it may ask for --client-certificate."
                )
            } catch {
                throw CommandFailure(
                    "No classifier answers at \(server). Start one with 'netledger run' or 'netledger-classifier', "
                        + "or name another with --server URL or NETLEDGER_SERVER."
                )
            }
            return try await body(response)
        }
    }

    private func read(_ body: HTTPClientResponse.Body, _ write: ([UInt8]) throws -> Void) async throws {
        var pieces = body.makeAsyncIterator()
        while true {
            let piece: ByteBuffer?
            do {
                piece = try await pieces.next()
            } catch {
                throw CommandFailure("The classifier at \(server) broke off its answer: \(error).")
            }
            guard let piece else { return }
            try write(Array(piece.readableBytesView))
        }
    }

    private func failure(_ response: HTTPClientResponse, path: String) async throws -> CommandFailure {
        var body: [UInt8] = []
        try await read(response.body) { piece in
            if body.count < 1 << 20 { body += piece }
        }
        let status = "\(server)\(path) answered \(response.status.code)"
        // An error without problem JSON comes from something else on the way; its status is all there is to say.
        guard let problem = try? JSONDecoder().decode(ProblemBody.self, from: Data(body)) else {
            return CommandFailure("\(status). Is a netledger-classifier there?")
        }
        return CommandFailure("\(problem.detail ?? problem.title ?? "No reason was given.") (\(status))".printable)
    }

    /// The value that `body`, an answer in JSON, holds.
    func decode<Value: Decodable>(_ type: Value.Type, _ body: [UInt8]) throws -> Value {
        try decode({ try JSONDecoder().decode(type, from: Data($0)) }, body)
    }

    private func decode<Value>(_ read: ([UInt8]) throws -> Value, _ body: [UInt8]) throws -> Value {
        do {
            return try read(body)
        } catch {
            throw CommandFailure(
                "\(server) answered with something else than was asked for. Is a netledger-classifier of this "
                    + "version there? (\(error))"
            )
        }
    }

    /// `?name=value&...`, with everything escaped that is not a letter, a digit or one of `-._~`.
    static func query(_ parameters: [(name: String, value: String)]) -> String {
        let pairs = parameters.map { "\(escaped($0.name))=\(escaped($0.value))" }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}

/// The part of RFC 9457 that people read.
private struct ProblemBody: Decodable {
    var title: String?
    var detail: String?
}
