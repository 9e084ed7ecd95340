// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import Queries
import Testing

@testable import Classifier

@Suite struct QueryStringTests {
    @Test(
        arguments: [
            ("/x", []),
            ("/x?", []),
            ("/x?&&", []),
            ("/x?a", ["a", ""]),
            ("/x?a=", ["a", ""]),
            ("/x?=b", ["", "b"]),
            ("/x?a=b&a=c&d=e=f", ["a", "b", "a", "c", "d", "e=f"]),
            ("/x?start=2026-01-01T00%3A00%3A00%2B02%3a00", ["start", "2026-01-01T00:00:00+02:00"]),
            ("/x?pod=a+b%20c", ["pod", "a b c"]),
            ("/x?%C3%A4=%E2%82%AC", ["ä", "€"]),
            ("/x?a=1?b=2", ["a", "1?b=2"]),
        ] as [(String, [String])]
    )
    func isDecodedInOrder(target: String, expected: [String]) throws {
        let parameters = try QueryString.parameters(of: .get(target))
        #expect(parameters.flatMap { [$0.name, $0.value] } == expected)
    }

    @Test(arguments: [
        ("/x?ok=1&a=%", "a"), ("/x?a=%4", "a"), ("/x?a=%zz", "a"), ("/x?a=%FF", "a"), ("/x?a=%C3", "a"),
        ("/x?%GG=1", "%GG"),
    ])
    func whatIsNotPercentEncodedUTF8IsRefusedByName(target: String, name: String) throws {
        let error = #expect(throws: RequestProblem.self) { try QueryString.parameters(of: .get(target)) }
        #expect(error?.problem.status == 400)
        #expect(error?.problem.parameter == name)
    }
}

extension Request {
    fileprivate static func get(_ target: String) -> Request {
        Request(
            head: HTTPRequest(method: .get, scheme: "http", authority: "test", path: target),
            body: RequestBody(buffer: ByteBuffer())
        )
    }
}
