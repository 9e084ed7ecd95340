// SPDX-License-Identifier: Apache-2.0
import Foundation
import FoundationNetworking
import TestSupport

/// What a server answered.
struct HTTPAnswer {
    var status: Int
    var body: Data

    /// The body as text.
    var text: String {
        String(decoding: body, as: UTF8.self)
    }

    /// Asks `url` with the query `parameters`, each of which is escaped.
    static func get(_ url: String, _ parameters: [(name: String, value: String)] = []) async throws -> HTTPAnswer {
        try await send(URLRequest(url: address(url, parameters)))
    }

    /// Sends `body` to `url`.
    static func post(_ url: String, body: [UInt8], type: String) async throws -> HTTPAnswer {
        var request = URLRequest(url: try address(url, []))
        request.httpMethod = "POST"
        request.setValue(type, forHTTPHeaderField: "content-type")
        request.httpBody = Data(body)
        return try await send(request)
    }

    /// The body, which must come with status 200, as JSON of this shape.
    func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        guard status == 200 else { throw LaunchError("status \(status): \(text)") }
        return try JSONDecoder().decode(type, from: body)
    }

    private static func address(_ url: String, _ parameters: [(name: String, value: String)]) throws -> URL {
        let unreserved = CharacterSet(charactersIn: "-._~").union(.alphanumerics)
        let query = parameters.map { parameter in
            // Percent encoding fails on no Unicode text.
            let value = parameter.value.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
            return "\(parameter.name)=\(value)"
        }
        guard let address = URL(string: query.isEmpty ? url : url + "?" + query.joined(separator: "&")) else {
            throw LaunchError("\(url) is not a URL")
        }
        return address
    }

    private static func send(_ request: URLRequest) async throws -> HTTPAnswer {
        var request = request
        request.timeoutInterval = 20
        let (body, response) = try await URLSession.shared.data(for: request)
        return HTTPAnswer(status: (response as? HTTPURLResponse)?.statusCode ?? 0, body: body)
    }
}
